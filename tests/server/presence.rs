//! Presence: the members of a channel.

use serde_json::json;
use shared::protocol::{ErrorCode, PresenceChange};
use tests::{LOBBY, Settings, TestServer};

/// Starts a server with a short presence grace.
async fn quick_server() -> TestServer {
    TestServer::start_with(Settings::default().presence_grace_ms(100)).await
}

#[tokio::test]
async fn a_new_member_sees_the_members_and_is_seen() {
    let server = quick_server().await;
    let ada = server.join("Ada").await;
    ada.expect_members(LOBBY, &["Ada"]).await;
    let bob = server.join("Bob").await;
    bob.expect_members(LOBBY, &["Ada", "Bob"]).await;
    ada.expect_members(LOBBY, &["Ada", "Bob"]).await;
}

#[tokio::test]
async fn a_member_that_disconnects_leaves() {
    let server = quick_server().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    ada.expect_members(LOBBY, &["Ada", "Bob"]).await;
    bob.leave().await;
    ada.expect_members(LOBBY, &["Ada"]).await;
    bob.come_back().await;
    ada.expect_members(LOBBY, &["Ada", "Bob"]).await;
    bob.lose_network().await;
    ada.expect_members(LOBBY, &["Ada"]).await;
}

#[tokio::test]
async fn a_member_that_unsubscribes_leaves() {
    let server = quick_server().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    ada.expect_members(LOBBY, &["Ada", "Bob"]).await;
    bob.unsubscribe(LOBBY);
    ada.expect_members(LOBBY, &["Ada"]).await;
}

#[tokio::test]
async fn a_user_with_two_connections_comes_once_and_goes_once() {
    let server = quick_server().await;
    let ada = server.join("Ada").await;
    let mut steps = server.greeted("Watcher").await;
    steps.subscribe(1, LOBBY).await;
    steps.send(&json!({"type": "presence", "id": 2, "channel": LOBBY})).await;
    steps.reply("presence", 2).await;

    let bob = server.join("Bob").await;
    let (user, token) = (bob.user(), bob.token());
    let other = server.client("Bob").returning(&token).join().await;
    bob.leave().await;
    // The events of another member show that nothing was sent about Bob in between.
    let eve = server.join("Eve").await;
    let eve_user = eve.user();
    eve.leave().await;

    let name = |step: &serde_json::Value| {
        let joined = step["joined"]["user"].as_str().map(|user| format!("+{user}"));
        joined
            .or_else(|| step["left"].as_str().map(|user| format!("-{user}")))
            .unwrap_or_else(|| step.to_string())
    };
    let mut seen = Vec::new();
    while seen.last() != Some(&format!("-{eve_user}")) {
        let step = steps.expect("presence").await;
        seen.push(name(&step));
    }
    other.leave().await;
    while seen.last() != Some(&format!("-{user}")) {
        let step = steps.expect("presence").await;
        seen.push(name(&step));
    }
    let expected = [format!("+{user}"), format!("+{eve_user}"), format!("-{eve_user}"), format!("-{user}")];
    // Whether a client gets the event of its own join is not specified.
    seen.retain(|step| expected.contains(step));
    assert_eq!(seen, expected);
    ada.expect_members(LOBBY, &["Ada", "Watcher"]).await;
}

#[tokio::test]
async fn a_short_interruption_is_not_noticed() {
    let server = TestServer::start_with(Settings::default().presence_grace_ms(60_000)).await;
    let ada = server.join("Ada").await;
    let bob = server.join("Bob").await;
    ada.expect_members(LOBBY, &["Ada", "Bob"]).await;
    let before = bob.connection();
    bob.lose_network().await;
    bob.regain_network();
    bob.expect_online_anew(before).await;
    bob.expect_subscribed(LOBBY).await;
    server.join("Eve").await.expect_members(LOBBY, &["Ada", "Bob", "Eve"]).await;
    ada.expect_members(LOBBY, &["Ada", "Bob", "Eve"]).await;
    // Until Eve joined, the only event about Bob was his join.
    loop {
        match ada.next_presence(LOBBY).await {
            PresenceChange::Left(user) => panic!("unexpected leave of {user}"),
            PresenceChange::Joined(who) if who.name.as_str() == "Eve" => break,
            PresenceChange::Joined(_) | PresenceChange::Members(_) | PresenceChange::Unknown => {}
        }
    }
}

#[tokio::test]
async fn the_application_can_ask_who_is_there() {
    let server = quick_server().await;
    let api = server.api();
    assert!(api.expect_members(LOBBY, 0).await.is_empty());
    let ada = server.join("Ada").await;
    let _plain = server.plain().await;
    // The plain client is a member, too.
    let members = api.expect_members(LOBBY, 2).await;
    assert!(members.contains(&json!({"user": ada.user(), "name": "Ada"})), "{members:?}");
}

#[tokio::test]
async fn a_channel_without_presence_says_so() {
    let server = quick_server().await;
    let mut raw = server.greeted("Ada").await;
    raw.subscribe(1, "live:score").await;
    raw.send(&json!({"type": "presence", "id": 2, "channel": "live:score"})).await;
    let error = raw.expect_error(ErrorCode::PresenceOff.as_str()).await;
    assert_eq!(error["id"], 2);
}

#[tokio::test]
async fn the_members_of_a_private_channel_are_private() {
    let server = quick_server().await;
    let ada = server.join("Ada").await;
    let mut eve = server.greeted("Eve").await;
    eve.send(&json!({"type": "presence", "id": 2, "channel": format!("inbox:{}", ada.user())})).await;
    let error = eve.next().await;
    assert_eq!(error["type"], "error", "{error}");
    assert_eq!(error["id"], 2, "{error}");
}

/// Returns the names, as `GET /presence` lists them.
fn names_of(members: &[serde_json::Value]) -> Vec<&str> {
    members.iter().map(|member| member["name"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn five_thousand_leave_at_once_and_nobody_stays_on_a_roster() {
    const ROOMS: usize = 50;
    const GUESTS: usize = 100;
    let settings = Settings::default().flag("--workers", "1").presence_grace_ms(1_000);
    let server = TestServer::start_with(settings).await;
    let rooms: Vec<String> = (0..ROOMS).map(|number| format!("room:{number}")).collect();
    let mut observers = Vec::new();
    for room in &rooms {
        let observer = server.client("Observer").connect().await;
        observer.enter(room).await;
        observers.push(observer);
    }
    let mut guests = Vec::new();
    for number in 0..GUESTS {
        for room in &rooms {
            let mut guest = server.greeted(&format!("Guest {number}")).await;
            guest.subscribe(1, room).await;
            guests.push(guest);
        }
    }
    for room in &rooms {
        server.api().expect_members(room, GUESTS + 1).await;
    }
    drop(guests);
    for (room, observer) in rooms.iter().zip(&observers) {
        assert_eq!(names_of(&server.api().expect_members(room, 1).await), ["Observer"]);
        observer.expect_members(room, &["Observer"]).await;
    }
}

#[tokio::test]
async fn a_heartbeat_tells_the_version_of_the_presence_that_was_sent() {
    let server = TestServer::start_with(Settings::default().flag("--heartbeat-ms", "200")).await;
    let mut raw = server.greeted("Ada").await;
    raw.subscribe(1, LOBBY).await;
    raw.subscribe(2, "live:score").await;
    raw.send(&json!({"type": "presence", "id": 3, "channel": LOBBY})).await;
    let version = raw.reply("presence", 3).await["version"].as_u64().expect("a version");
    let _bob = server.join("Bob").await;
    let joined = loop {
        let step = raw.expect("presence").await;
        if step["joined"]["name"] == "Bob" {
            break step;
        }
    };
    assert_eq!(joined["version"], version + 1);
    let heads = raw.next_heartbeat().await["heads"].clone();
    let head = |channel: &str| {
        let heads = heads.as_array().expect("heads").iter();
        heads.clone().find(|head| head["channel"] == channel).expect("a head").clone()
    };
    assert_eq!(head(LOBBY)["presence"], version + 1, "{heads}");
    assert!(head("live:score").get("presence").is_none(), "{heads}");
}
