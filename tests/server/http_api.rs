//! The HTTP API, which the application uses with a key.

use std::os::unix::fs::PermissionsExt;

use reqwest::Method;
use serde_json::json;
use tests::deadline::{DEADLINE, eventually};
use tests::{LOBBY, Settings, TestServer};

const MESSAGE_ID: &str = "0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0b";

#[tokio::test]
async fn a_message_that_the_application_publishes_reaches_every_subscriber() {
    let server = TestServer::start().await;
    let bob = server.join("Bob").await;
    let body = json!({
        "channel": LOBBY, "payload": {"type": "chat", "text": "Lunch is ready"},
        "from": {"user": "kitchen", "name": "The kitchen"},
    });
    let answer = server.api().post("/api/publish", &body).await.ok();
    let message = bob.expect_chat("Lunch is ready").await;
    assert_eq!(json!(message.offset), answer["offset"]);
    assert_eq!(answer["duplicate"], false);
    assert!(answer["epoch"].as_str().is_some_and(|epoch| epoch.len() == 16), "{answer}");
    assert_eq!((message.from.user.as_str(), message.from.name.as_str()), ("kitchen", "The kitchen"));
}

#[tokio::test]
async fn a_retry_by_http_is_recognised() {
    let server = TestServer::start().await;
    let api = server.api();
    let bob = server.join("Bob").await;
    let body =
        json!({"channel": LOBBY, "message_id": MESSAGE_ID, "payload": {"type": "chat", "text": "once"}});
    let first = api.post("/api/publish", &body).await.ok();
    let second = api.post("/api/publish", &body).await.ok();
    assert_eq!((&first["duplicate"], &second["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!((&first["offset"], &first["epoch"]), (&second["offset"], &second["epoch"]));
    api.publish(LOBBY, "the next").await;
    bob.expect_chats(&["once", "the next"]).await;
}

#[tokio::test]
async fn without_the_key_nothing_is_told_or_done() {
    let server = TestServer::start().await;
    let bob = server.join("Bob").await;
    let connection = format!("/api/connections/{}", bob.connection());
    let publish = json!({"channel": LOBBY, "payload": {"type": "chat", "text": "spam"}});
    let key = server.api_key();
    let false_keys =
        ["", "x", &key[..key.len() - 1], &format!("{key}x"), &key.to_uppercase().replace(&key, "x")];
    let mut askers = vec![server.public()];
    askers.extend(false_keys.into_iter().map(|key| server.public().with_key(key)));
    for api in askers {
        api.post("/api/publish", &publish).await.refused(401, "unauthorized");
        api.post("/api/push", &json!({"user": bob.user(), "payload": publish["payload"]}))
            .await
            .refused(401, "unauthorized");
        api.delete(&connection).await.refused(401, "unauthorized");
        for path in [
            "/api/connections",
            &connection,
            "/api/channels",
            "/api/channels/room:lobby/messages",
            "/api/channels/room:lobby/presence",
        ] {
            api.get(path).await.refused(401, "unauthorized");
        }
    }
    server.api().publish(LOBBY, "the first").await;
    bob.expect_chat("the first").await;
}

#[tokio::test]
async fn another_scheme_than_bearer_is_no_key() {
    let server = TestServer::start().await;
    let header = format!("Basic {}", server.api_key());
    let answer = server
        .public()
        .ask(Method::GET, "/api/connections", |request| request.header("authorization", header))
        .await;
    answer.refused(401, "unauthorized");
}

#[tokio::test]
async fn the_key_is_made_once_and_for_its_owner_alone() {
    let mut server = TestServer::start().await;
    let key = server.api_key();
    assert!(key.len() >= 32, "a key that cannot be guessed");
    let mode = std::fs::metadata(server.data().join("api-key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    server.restart().await;
    assert_eq!(server.api_key(), key);
    server.api().get("/api/connections").await.ok();
    let other = TestServer::start().await;
    assert_ne!(other.api_key(), key);
}

#[tokio::test]
async fn the_key_can_be_set() {
    let key = "a-key-of-the-operators-own-choice-0123456789";
    let server = TestServer::start_with(Settings::default().variable("TIDINGS_API_KEY", key)).await;
    server.public().with_key(key).get("/api/connections").await.ok();
    server.public().with_key("another").get("/api/connections").await.refused(401, "unauthorized");
}

#[tokio::test]
async fn the_key_is_not_in_the_log() {
    let mut server = TestServer::start().await;
    let key = server.api_key();
    server.api().publish(LOBBY, "hi").await;
    server.public().with_key(&format!("{key}x")).get("/api/connections").await.refused(401, "unauthorized");
    server.stop().await;
    assert!(!server.log().lines().iter().any(|line| line.contains(&key)));
}

#[tokio::test]
async fn a_publish_that_is_not_valid_is_refused() {
    let server = TestServer::start().await;
    let api = server.api();
    let chat = json!({"type": "chat", "text": "hi"});
    let cases = [
        (json!({"channel": LOBBY}), 400, "missing_field"),
        (json!({"payload": chat}), 400, "missing_field"),
        (json!({"channel": "lobby", "payload": chat}), 400, "invalid_channel"),
        (json!({"channel": "nowhere:x", "payload": chat}), 404, "unknown_namespace"),
        (json!({"channel": LOBBY, "payload": {"type": "dance"}}), 400, "invalid_field"),
        (json!({"channel": LOBBY, "payload": {"type": "chat", "text": ""}}), 400, "invalid_field"),
        (json!({"channel": LOBBY, "payload": chat, "message_id": "1"}), 400, "invalid_field"),
        (
            json!({"channel": LOBBY, "payload": {"type": "chat", "text": "x".repeat(16 * 1024 + 1)}}),
            413,
            "text_too_long",
        ),
    ];
    for (body, status, code) in cases {
        let answer = api.post("/api/publish", &body).await;
        let shown: String = body.to_string().chars().take(120).collect();
        assert_eq!(
            (answer.status, answer.json()["code"].clone()),
            (status, json!(code)),
            "{shown}: {answer:?}"
        );
        answer.refused(status, code);
    }
    api.post_text("/api/publish", "{").await.refused(400, "not_json");
    api.post_text("/api/publish", "").await.refused(400, "not_json");
    assert_eq!(api.post_text("/api/publish", "[]").await.status, 400);
    assert!(api.texts(LOBBY).await.is_empty());
}

#[tokio::test]
async fn a_missing_resource_is_refused_in_the_same_form() {
    let server = TestServer::start().await;
    let api = server.api();
    let absent = api.get("/api/nothing").await;
    assert_eq!(absent.status, 404);
    assert!(absent.json()["code"].is_string() && absent.json()["message"].is_string(), "{absent:?}");
    let wrong_method = api.get("/api/publish").await;
    assert_eq!(wrong_method.status, 405);
    assert!(
        wrong_method.json()["code"].is_string() && wrong_method.json()["message"].is_string(),
        "{wrong_method:?}"
    );
    assert_eq!(api.delete("/api/channels").await.status, 405);
}

#[tokio::test]
async fn health_is_told_without_a_key() {
    let server = TestServer::start().await;
    assert_eq!(server.public().get("/healthz").await.status, 200);
    assert_eq!(server.public().get("/readyz").await.status, 200);
}

#[tokio::test]
async fn metrics_count_what_happens() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    let before = server.public().get("/metrics").await;
    assert_eq!(before.status, 200);
    assert!(before.content_type.contains("text"), "{before:?}");
    assert!(before.text.contains("# HELP ") && before.text.contains("# TYPE "), "{before:?}");
    assert!(before.text.lines().any(|line| line.starts_with("tidings_")), "{before:?}");
    ada.publish(LOBBY, "counted").await;
    let after = server.public().get("/metrics").await;
    assert_ne!(before.text, after.text);
}

#[tokio::test]
async fn a_refused_request_is_in_the_log_with_the_id_that_its_sender_has() {
    let server = TestServer::start().await;
    let public = server.public();
    // The last one is refused outside of actix's dispatcher.
    for (path, status, code) in [
        ("/nothing", 404, "not_found"),
        ("/api/connections", 401, "unauthorized"),
        ("/ws", 426, "upgrade_required"),
    ] {
        let refused = public.get(path).await.refused(status, code);
        let id = refused["request_id"].as_str().unwrap();
        server.log().expect(&[&format!("request_id={id} "), path, code, "refused"]).await;
        let other = public.get(path).await.refused(status, code);
        assert_ne!(other["request_id"], refused["request_id"]);
        assert_eq!(public.counter(&format!("tidings_refusals_total{{code=\"{code}\"}}")).await, 2);
    }
}

#[tokio::test]
async fn metrics_tell_how_long_a_commit_takes_and_what_waits() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    ada.publish(LOBBY, "counted").await;
    let public = server.public();
    for metric in
        ["tidings_commit_seconds_count", "tidings_commit_publications_count", "tidings_fan_out_seconds_count"]
    {
        assert_eq!(public.counter(metric).await, 1, "{metric}");
    }
    for gauge in ["tidings_queue_publications", "tidings_queue_bytes", "tidings_connections_stalled"] {
        assert_eq!(public.counter(gauge).await, 0, "{gauge}");
    }
    eventually(DEADLINE, "the workers have received the batch", async || {
        let bytes = public.counter("tidings_mailbox_bytes").await;
        if bytes == 0 { Ok(()) } else { Err(bytes.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_counted_while_it_is_there() {
    const MESSAGES: usize = 150;
    let server = TestServer::start().await;
    let mut reader = tests::raw::Raw::connect_narrowly(server.address(), "/ws").await;
    reader.greet("Reader").await;
    reader.subscribe(1, LOBBY).await;
    let (api, public) = (server.api(), server.public());
    for _ in 0..MESSAGES {
        api.publish(LOBBY, &"x".repeat(3_000)).await;
    }
    let stalled = async |expected: u64| {
        eventually(DEADLINE, &format!("{expected} connections are stalled"), async || {
            let stalled = public.counter("tidings_connections_stalled").await;
            if stalled == expected { Ok(()) } else { Err(stalled.to_string()) }
        })
        .await;
    };
    stalled(1).await;
    drop(reader);
    stalled(0).await;
}

#[tokio::test]
async fn guessing_keys_is_slowed_down_and_the_right_key_is_not() {
    const AT_ONCE: usize = 100;
    let server = TestServer::start().await;
    let guesser = server.api().with_key("a guess of a key");
    let refusal = eventually(DEADLINE, "a client that guesses keys is throttled", async || {
        let guesses = (0..AT_ONCE).map(|_| guesser.get("/api/connections"));
        let answers = futures_util::future::join_all(guesses).await;
        let waits = answers.iter().find(|answer| answer.status == 429);
        waits.map(|answer| answer.refused(429, "rate_limited")).ok_or_else(|| "401 to each".to_owned())
    })
    .await;
    assert!(refusal["retry_after_ms"].is_u64(), "{refusal}");
    server.api().get("/api/connections").await.ok();
}

#[tokio::test]
async fn every_get_also_answers_head() {
    let server = TestServer::start().await;
    server.api().publish(LOBBY, "hi").await;
    for path in [
        "/",
        "/healthz",
        "/healthz/",
        "/readyz",
        "/metrics",
        "/api/connections",
        "/api/channels",
        "/api/channels/room:lobby/messages",
        "/api/channels/room%3Alobby/presence",
    ] {
        let answer = server.api().ask(Method::HEAD, path, |request| request).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{path}: {answer:?}");
    }
    let answer = server.public().ask(Method::HEAD, "/ws", |request| request).await;
    assert_eq!((answer.status, answer.text.as_str()), (426, ""), "as GET");
    let answer = server.public().ask(Method::HEAD, "/api/connections", |request| request).await;
    assert_eq!((answer.status, answer.text.as_str()), (401, ""));
}

#[tokio::test]
async fn the_list_of_channels_says_whether_it_has_an_end() {
    let server = TestServer::start().await;
    let api = server.api();
    for name in ["room:a", "room:b", "room:c"] {
        api.publish(name, "hello").await;
    }
    let list = async |query: &str| {
        let list = api.get(&format!("/api/channels{query}")).await.ok();
        let names: Vec<_> =
            list["channels"].as_array().unwrap().iter().map(|one| one["channel"].clone()).collect();
        (json!(names), list["more"].clone())
    };
    assert_eq!(list("?limit=2").await, (json!(["room:a", "room:b"]), json!(true)));
    assert_eq!(list("?limit=2&after=room:b").await, (json!(["room:c"]), json!(false)));
    assert_eq!(list("?limit=3").await, (json!(["room:a", "room:b", "room:c"]), json!(false)));
}

#[tokio::test]
async fn the_allowed_methods_of_an_address_are_named() {
    let server = TestServer::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, allow) in [
        ("/", "GET, HEAD"),
        ("/ws", "GET, HEAD"),
        ("/healthz", "GET, HEAD"),
        ("/metrics", "GET, HEAD"),
        ("/api/publish", "POST"),
        ("/api/connections/1", "GET, HEAD, DELETE"),
        ("/api/channels/room:lobby/messages", "GET, HEAD"),
    ] {
        for (method, status) in [(Method::OPTIONS, 204), (Method::PATCH, 405)] {
            let answer = client.request(method.clone(), server.url(path)).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{method} {path}");
            assert_eq!(answer.headers()["allow"], allow, "{method} {path}");
        }
    }
    assert_eq!(server.public().post("/nothing", &json!({})).await.status, 404);
}

#[tokio::test]
async fn the_counters_can_be_kept_for_those_with_the_key() {
    let server = TestServer::start_with(Settings::default().flag("--metrics", "key")).await;
    server.public().get("/metrics").await.refused(401, "unauthorized");
    assert_eq!(server.api().get("/metrics").await.status, 200);
    assert_eq!(server.public().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn spaces_around_the_key_are_ignored() {
    let key = "a-key-of-the-operators-own-choice-0123456789";
    for around in [format!("{key}\n"), format!(" {key}\r\n"), format!("\u{feff}{key}")] {
        let server = TestServer::start_with(Settings::default().variable("TIDINGS_API_KEY", &around)).await;
        server.public().with_key(key).get("/api/connections").await.ok();
    }
    let mut server = TestServer::start().await;
    server.stop().await;
    std::fs::write(server.data().join("api-key"), format!("\u{feff}{key}\r\n")).unwrap();
    server.start_again().await;
    server.public().with_key(key).get("/api/connections").await.ok();
}
