//! Users of the application, identified by a token of its own server.
//!
//! The tokens are JSON Web Tokens (RFC 7519), signed with HS256 and [`SECRET`] as the application's server would.

use serde_json::json;
use shared::protocol::VERSION;
use shared::session::Status;
use tests::{LOBBY, Settings, TestServer};

const SECRET: &str = "a secret for these stories alone";

/// `{"sub":"ada","name":"Ada Lovelace"}`
const ADA: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJuYW1lIjoiQWRhIExvdmVsYWNlIn0.Zsq1I1ImDl28s9qoZdZ8hQImUpzc9lX12-OvR0bG0kA";

/// `{"sub":"bob","name":"Bob","exp":4102444800}`, which expires in the year 2100.
const BOB: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IiLCJuYW1lIjoiQm9iIiwiZXhwIjo0MTAyNDQ0ODAwfQ.naml0NVgAWl1p8OUWzIxL1y-Pn239ejSVnIelwkKmhM";

/// Tokens that must be refused, and the reasons.
const FALSE: [(&str, &str); 5] = [
    (
        "it has ended",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOjEwMDAwMDAwMDB9.-GL1j5nTNjqKT9rRZOoyMHhJ-_pIzemrPGsBlckJnhU",
    ),
    (
        "it is signed with another secret",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.RFxOMX39oH45OwBmeImbpbWoEo0ZI-z6mKGgHdtrE0k",
    ),
    ("it is not signed, and says so (alg: none)", "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."),
    (
        "it has no user",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoiQWRhIn0.UhTcEEHKhl0nyfZgV1kMQlgFFzkub4oM9B-XpK5TEqY",
    ),
    (
        "its user is not valid",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhK2IifQ.lvUNf3xQmQX9f5ObCEpmDjeNT8tPMW2yTFXN5jOHbOE",
    ),
];

/// `{"sub":42,"name":"xxx…","exp":4102444800.5}`, with a name of 41 characters.
const NUMBERED: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOjQyLCJuYW1lIjoieHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHgiLCJleHAiOjQxMDI0NDQ4MDAuNX0.oL4XF8P8UCVG_TBhcHzLaEt6GGKCt4zm93-PpNvNyp8";

/// Tokens with an invalid claim: the claim, a word of the reason, and the token.
const UNUSABLE: [(&str, &str, &str); 7] = [
    // {"sub":"ada"}, with the header {"typ":"JWT","alg":"HS256","crit":["b64"],"b64":true}
    (
        "crit",
        "have to be understood",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6dHJ1ZX0.eyJzdWIiOiJhZGEifQ.ZCLDVvwRgXOh3nDiqPr-dVKqeL1On2HQYmdqrbNyOn4",
    ),
    // {"sub":"ada","exp":4102444800000}
    (
        "exp",
        "milliseconds",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOjQxMDI0NDQ4MDAwMDB9.I3Q1wdLEZq3os9kMcfN2LwQC9aY1eMy8P1l2wJL75qw",
    ),
    // {"sub":"ada","exp":null}
    (
        "exp",
        "not a number",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOm51bGx9.WdBIUOn1x4JgTakOLwD5rlbcvqHR0C_SWqA2PnTONQo",
    ),
    // {"sub":"ada","nbf":4102444800}
    (
        "nbf",
        "not valid yet",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJuYmYiOjQxMDI0NDQ4MDB9.7lYXnfpyL7X8RX1Y32mnv4EH8wL-8n1-sd7gH_fSXGI",
    ),
    // {"sub":"ada@example.org"}
    (
        "sub",
        "ada@example.org",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGFAZXhhbXBsZS5vcmcifQ.c1Kguo8hjXkOhrRWi8jq0h9Bwv4Q9Rg8CGApUS_Y6sA",
    ),
    // {"name":"Ada"}
    (
        "sub",
        "missing",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoiQWRhIn0.UhTcEEHKhl0nyfZgV1kMQlgFFzkub4oM9B-XpK5TEqY",
    ),
    // {"sub":"ada"}, signed with HS384
    (
        "alg",
        "HS256",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzM4NCJ9.eyJzdWIiOiJhZGEifQ.OYW2KK0aiSO1oLhnG5bIJSRlP-BUbLJF5A0dKRxijwTaexh8JfwBzy8sbek-pmZb",
    ),
];

async fn server() -> TestServer {
    TestServer::start_with(Settings::default().variable("TIDINGS_TOKEN_SECRET", SECRET)).await
}

#[tokio::test]
async fn a_user_of_the_application_is_known_by_its_id() {
    let server = server().await;
    let ada = server.client("Ada").vouched_for(ADA).join().await;
    assert_eq!(ada.user().as_str(), "ada");
    assert_eq!(ada.name().as_str(), "Ada", "the name in hello replaces that of the token");
    let mut raw = server.raw().await;
    raw.send(&json!({"type": "hello", "version": VERSION, "token": ADA})).await;
    let welcome = raw.expect("welcome").await;
    assert_eq!((&welcome["user"], &welcome["name"]), (&json!("ada"), &json!("Ada Lovelace")));
    assert_eq!(welcome.get("token"), None, "only a new guest gets a token");
}

#[tokio::test]
async fn users_of_the_application_have_conversations_and_inboxes() {
    let server = server().await;
    let ada = server.client("Ada").vouched_for(ADA).join().await;
    let bob = server.client("Bob").vouched_for(BOB).join().await;
    bob.subscribe("dm:ada+bob").await;
    ada.publish("dm:ada+bob", "between us").await;
    bob.expect_chat("between us").await;
    ada.subscribe("inbox:ada").await;
    server.api().publish("inbox:ada", "for Ada").await;
    ada.expect_chat("for Ada").await;
    ada.publish(LOBBY, "for all").await;
    bob.expect_chat("for all").await;
}

#[tokio::test]
async fn a_token_that_proves_nothing_is_refused() {
    let server = server().await;
    for (why, token) in FALSE {
        let mut raw = server.raw().await;
        raw.send(&json!({"type": "hello", "version": VERSION, "token": token})).await;
        let answer = raw.next().await;
        assert_eq!(answer["code"], "invalid_token", "{why}: {answer}");
    }
}

#[tokio::test]
async fn a_client_with_a_false_token_gives_up() {
    let server = server().await;
    let ada = server.client("Ada").vouched_for(FALSE[0].1).start();
    assert_eq!(ada.expect_ended().await, None);
    assert!(matches!(ada.status(), Status::Ended { .. }));
}

#[tokio::test]
async fn tokens_as_libraries_write_them_are_accepted() {
    let server = server().await;
    let mut raw = server.raw().await;
    raw.send(&json!({"type": "hello", "version": VERSION, "token": NUMBERED})).await;
    let welcome = raw.expect("welcome").await;
    assert_eq!((&welcome["user"], &welcome["name"]), (&json!("42"), &json!("x".repeat(40))));
}

#[tokio::test]
async fn the_operator_is_told_what_is_wrong_with_a_token_and_the_client_is_not() {
    let server = server().await;
    for (claim, word, token) in UNUSABLE {
        let mut raw = server.raw().await;
        raw.send(&json!({"type": "hello", "version": VERSION, "token": token})).await;
        let error = raw.expect_error("invalid_token").await;
        assert!(!error.to_string().contains(claim), "{error}");
        server.log().expect(&["refused a token", &format!("claim=\"{claim}\""), word]).await;
    }
    let lines = server.log().lines().join("\n");
    assert!(UNUSABLE.iter().all(|(.., token)| !lines.contains(token)), "a token is in the log");
}
