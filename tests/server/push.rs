//! Pushes to one connection or to one user.

use serde_json::json;
use shared::protocol::{Payload, VERSION};
use tests::deadline::{DEADLINE, eventually};
use tests::{LOBBY, Raw, TestServer};

#[tokio::test]
async fn a_push_reaches_the_connection_it_names_and_no_other() {
    let server = TestServer::start().await;
    let api = server.api();
    let ada = server.join("Ada").await;
    let at_the_desk = server.client("Ada").returning(&ada.token()).connect().await;
    let bob = server.join("Bob").await;
    let chat = |text: &str| json!({"type": "chat", "text": text});

    let body = json!({"connection": ada.connection(), "payload": chat("for the first")});
    let answer = api.post("/api/push", &body).await.ok();
    assert_eq!(answer["connections"], 1);
    let push = ada.expect_push().await;
    assert_eq!(push.payload, Payload::chat("for the first"));
    assert_eq!(push.from, None);

    // The next push that the others get is their own.
    for other in [&at_the_desk, &bob] {
        api.post("/api/push", &json!({"connection": other.connection(), "payload": chat("for another")}))
            .await
            .ok();
        assert_eq!(other.expect_push().await.payload, Payload::chat("for another"));
    }
}

#[tokio::test]
async fn a_push_to_a_user_reaches_all_of_its_connections() {
    let server = TestServer::start().await;
    let api = server.api();
    let ada = server.join("Ada").await;
    let at_the_desk = server.client("Ada").returning(&ada.token()).connect().await;
    let payload = json!({"type": "notification", "title": "Parcel", "body": "at the door", "level": "warning", "link": "/parcels"});
    let body = json!({"user": ada.user(), "payload": payload, "from": {"user": "post", "name": "The post"}});
    let answer = api.post("/api/push", &body).await.ok();
    assert_eq!((&answer["connections"], &answer["failed"]), (&json!(2), &json!(0)));
    for client in [&ada, &at_the_desk] {
        let push = client.expect_push().await;
        let from = push.from.expect("a sender");
        assert_eq!((from.user.as_str(), from.name.as_str()), ("post", "The post"));
        assert_eq!(serde_json::to_value(&push.payload).unwrap(), payload);
    }
}

#[tokio::test]
async fn a_push_that_some_connections_of_a_user_accept_is_a_success() {
    let server = TestServer::start().await;
    let api = server.api();
    let ada = server.join("Ada").await;
    // The user's second connection reads nothing after the welcome.
    let mut stalled = Raw::connect_narrowly(server.address(), "/ws").await;
    stalled.send(&json!({"type": "hello", "version": VERSION, "name": "Ada", "token": ada.token()})).await;
    stalled.expect("welcome").await;
    let push = |number: usize| {
        let text = format!("{number} {}", "x".repeat(4000));
        json!({"user": ada.user(), "payload": {"type": "chat", "text": text}})
    };
    let mut pushes = 0;
    let answer = eventually(DEADLINE, "the second connection does not accept a push", async || {
        let answer = api.post("/api/push", &push(pushes)).await.ok();
        pushes += 1;
        // The first connection reads each push, once.
        let Payload::Chat { text, .. } = ada.expect_push().await.payload else { panic!("no chat") };
        assert!(text.starts_with(&format!("{} ", pushes - 1)), "{}", &text[..10]);
        if answer["failed"] == 0 { Err(answer.to_string()) } else { Ok(answer) }
    });
    assert_eq!(answer.await, json!({"connections": 1, "failed": 1}));
}

#[tokio::test]
async fn a_push_is_not_kept() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    let body = json!({"connection": ada.connection(), "payload": {"type": "chat", "text": "only now"}});
    server.api().post("/api/push", &body).await.ok();
    ada.expect_push().await;
    assert!(server.api().texts(LOBBY).await.is_empty());
}

#[tokio::test]
async fn a_push_that_reaches_nobody_says_so() {
    let server = TestServer::start().await;
    let api = server.api();
    let ada = server.join("Ada").await;
    let (connection, user) = (ada.connection(), ada.user());
    ada.leave().await;
    api.expect_connections(0).await;
    let payload = json!({"type": "chat", "text": "hello?"});
    let to_connection = json!({"connection": connection, "payload": payload});
    api.post("/api/push", &to_connection).await.refused(404, "unknown_connection");
    let to_user = json!({"user": user, "payload": payload});
    api.post("/api/push", &to_user).await.refused(404, "user_offline");
}

#[tokio::test]
async fn a_push_needs_the_key_and_one_target() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    let payload = json!({"type": "chat", "text": "hi"});
    let proper = json!({"connection": ada.connection(), "payload": payload});
    server.public().post("/api/push", &proper).await.refused(401, "unauthorized");
    let api = server.api();
    let none = json!({"payload": payload});
    assert_eq!(api.post("/api/push", &none).await.status, 400);
    let both = json!({"connection": ada.connection(), "user": ada.user(), "payload": payload});
    assert_eq!(api.post("/api/push", &both).await.status, 400);
    let empty = json!({"connection": ada.connection(), "payload": {"type": "chat", "text": " "}});
    api.post("/api/push", &empty).await.refused(400, "invalid_field");
}

#[tokio::test]
async fn a_message_in_an_inbox_waits_for_its_user() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    let (user, token) = (ada.user(), ada.token());
    ada.leave().await;
    let inbox = format!("inbox:{user}");
    server
        .api()
        .publish_payload(&inbox, &json!({"type": "notification", "title": "While you were out"}))
        .await;
    let again = server.client("Ada").returning(&token).connect().await;
    let (messages, more) = again.history(&inbox, None, 10).await;
    assert_eq!(messages.len(), 1);
    assert!(!more);
    assert!(
        matches!(&messages[0].payload, Payload::Notification { title, .. } if title == "While you were out")
    );
}

#[tokio::test]
async fn a_plain_connection_is_pushed_to_as_well() {
    let server = TestServer::start().await;
    let api = server.api();
    let mut plain = server.plain().await;
    let connection = api.expect_connections(1).await[0]["connection"].clone();
    let body = json!({"connection": connection, "payload": {"type": "chat", "text": "psst"}});
    assert_eq!(api.post("/api/push", &body).await.ok()["connections"], 1);
    let line = plain.next_text().await;
    assert!(line.contains("psst"), "{line}");
}
