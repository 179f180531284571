//! Display names and invisible texts: the same rules on the socket, in tokens and in the API.

use serde_json::{Value, json};
use shared::protocol::VERSION;
use tests::{LOBBY, Settings, TestServer};

const SECRET: &str = "a secret for these stories alone";

/// `{"sub":"ada","name":"A\u{ad}da\u{200b}"}`
const ADA: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJuYW1lIjoiQcKtZGHigIsifQ.3eyE76fOvMFhzQ8OZF7UgrVBG7BFmeML8FjR5GSPEIk";

/// Names without a visible character, or with a line break.
const NO_NAMES: [&str; 8] =
    ["\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}", "\u{e000}", "a\u{2028}b", "a\u{2029}b", "a\u{202e}b"];

/// Names that are normalised, and the result.
const ALIKE: [(&str, &str); 4] =
    [("Ada\u{200b}", "Ada"), ("A\u{ad}da", "Ada"), ("Zoe\u{308}", "Zoë"), ("Ada  Lovelace", "Ada Lovelace")];

/// Names with joiners that have a visible effect.
const JOINED: [&str; 3] = ["علی\u{200c}رضا", "क्\u{200d}ष", "👩\u{200d}💻"];

fn from(name: &str) -> Value {
    json!({"channel": LOBBY, "payload": {"type": "chat", "text": "x"}, "from": {"user": "ada", "name": name}})
}

async fn greet(server: &TestServer, hello: Value) -> Value {
    let mut raw = server.raw().await;
    raw.send(&hello).await;
    raw.next().await
}

#[tokio::test]
async fn a_name_without_ink_is_refused_and_names_that_look_alike_are_equal() {
    let server = TestServer::start_with(Settings::default().variable("TIDINGS_TOKEN_SECRET", SECRET)).await;
    for name in NO_NAMES {
        let error = greet(&server, json!({"type": "hello", "version": VERSION, "name": name})).await;
        assert_eq!(error["code"], "invalid_name", "{name:?}: {error}");
        assert_eq!(server.api().post("/api/publish", &from(name)).await.status, 400, "{name:?}");
    }
    for (written, shown) in ALIKE.into_iter().chain(JOINED.map(|name| (name, name))) {
        let welcome = greet(&server, json!({"type": "hello", "version": VERSION, "name": written})).await;
        assert_eq!(welcome["name"], shown, "{written:?}: {welcome}");
        server.api().post("/api/publish", &from(written)).await.ok();
        let logged = server.api().get(&format!("/api/channels/{LOBBY}/messages?limit=200")).await.ok();
        assert_eq!(logged["messages"].as_array().unwrap().last().unwrap()["from"]["name"], shown);
    }
    let welcome = greet(&server, json!({"type": "hello", "version": VERSION, "token": ADA})).await;
    assert_eq!(welcome["name"], "Ada");
}

#[tokio::test]
async fn a_text_without_ink_is_refused() {
    let server = TestServer::start().await;
    let mut raw = server.greeted("Ada").await;
    let id = "0190b0a0-c0d0-7e0f-8a0b-0c0d0e0f0a0b";
    for text in ["\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}", "\0"] {
        for payload in [
            json!({"type": "chat", "text": text}),
            json!({"type": "edit", "of": id, "text": text}),
            json!({"type": "notification", "title": text}),
            json!({"type": "reaction", "of": id, "emoji": text, "on": true}),
            json!({"type": "custom", "name": text}),
        ] {
            let request =
                json!({"type": "publish", "id": 1, "channel": LOBBY, "message_id": id, "payload": payload});
            raw.send(&request).await;
            assert_eq!(raw.expect_error("invalid_field").await["id"], 1, "{payload}");
            let body = json!({"channel": LOBBY, "payload": payload});
            server.api().post("/api/publish", &body).await.refused(400, "invalid_field");
        }
    }
}
