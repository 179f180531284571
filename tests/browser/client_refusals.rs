//! The client of docs/PROTOCOL.md, and messages that the server refuses or cannot parse: every promise is settled, no
//! message is resent forever, and no client uses another's identity.

use serde_json::{Value, json};
use tests::browser::{Person, story, story_with};
use tests::{LOBBY, Settings};

const CLIENT: &str = include_str!("../../docs/client.js");

/// Records the client's callbacks and counts its sockets. `window.change` may change a sent message.
const START: &str = "window.seen = []; window.gaps = []; window.settled = {}; window.opened = 0; window.ended = null; \
    const Real = WebSocket; \
    window.WebSocket = class extends Real { \
        constructor(url) { super(url); opened++; } \
        send(text) { super.send(window.change ? window.change(text) : text); } }; \
    window.client = tidings(location.origin.replace('http', 'ws') + '/ws', { ...arguments[0], \
        onMessage: (message) => seen.push([message.from.user, message.payload.text ?? message.payload.data]), \
        onToken: (token) => { window.given = token; }, \
        onGap: (channel, gap) => gaps.push(gap.code ?? gap.reason), \
        onEnd: (farewell) => { window.ended = farewell.code; } }); \
    window.say = (name, payload) => client.publish('room:lobby', payload) \
        .then(() => { settled[name] = 'accepted'; }, (error) => { settled[name] = error.code; }); \
    client.follow('room:lobby');";

const SECRET: &str = "a secret for these stories alone";

/// `{"sub":"ada","name":"Ada Lovelace"}`
const ADA: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJuYW1lIjoiQWRhIExvdmVsYWNlIn0.Zsq1I1ImDl28s9qoZdZ8hQImUpzc9lX12-OvR0bG0kA";

/// `{"sub":"ada","exp":1000000000}`, which has expired.
const ENDED: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOjEwMDAwMDAwMDB9.-GL1j5nTNjqKT9rRZOoyMHhJ-_pIzemrPGsBlckJnhU";

async fn runs_the_client(person: &Person, options: Value) {
    person.run("(0, eval)(arguments[0])", vec![json!(CLIENT)]).await;
    person.run(START, vec![options]).await;
}

/// Publishes the text that a JavaScript expression returns.
async fn says(person: &Person, name: &str, expression: &str) {
    person.run(&format!("say('{name}', {{ type: 'chat', text: {expression} }})"), Vec::new()).await;
}

/// Waits until every publish is settled, with these results.
async fn expect_settled(person: &Person, wanted: Value) {
    let accept = |settled: &Value| (*settled == wanted).then_some(());
    person.expect_of(&format!("sees the results {wanted}"), "return settled", accept).await;
}

#[tokio::test]
async fn a_message_larger_than_the_limit_fails_at_once_and_the_next_is_sent() {
    let settings = Settings::default().flag("--frame-bytes-max", "1024");
    story_with(settings, async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, json!({"name": "Ada"})).await;
        says(&ada, "large", "'x'.repeat(2000)").await;
        says(&ada, "escaped", r"'\u0001'.repeat(200)").await;
        says(&ada, "after", "'after'").await;
        let wanted =
            json!({"large": "payload_too_large", "escaped": "payload_too_large", "after": "accepted"});
        expect_settled(&ada, wanted).await;
        assert_eq!(ada.run("return opened", Vec::new()).await, 1);
        assert_eq!(stage.server.api().texts(LOBBY).await, ["after"]);
    })
    .await;
}

#[tokio::test]
async fn a_text_within_its_limit_may_be_a_frame_above_its_own() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, json!({"name": "Ada"})).await;
        says(&ada, "escaped", r"'\u0001'.repeat(12000)").await;
        says(&ada, "long", "'x'.repeat(16384)").await;
        expect_settled(&ada, json!({"escaped": "payload_too_large", "long": "accepted"})).await;
        assert_eq!(ada.run("return opened", Vec::new()).await, 1);
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_request_is_settled_when_it_is_too_large() {
    let settings = Settings::default().flag("--frame-bytes-max", "160");
    story_with(settings, async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, json!({"name": "Ada"})).await;
        ada.run("client.follow('room:' + 'x'.repeat(150))", Vec::new()).await;
        ada.expect_that("is told", "gaps.includes('payload_too_large')", "gaps").await;
        assert_eq!(ada.run("return opened", Vec::new()).await, 1);
        // A hello cannot be checked before the limit is known; after two without an answer the client gives up.
        ada.visit("/").await;
        runs_the_client(&ada, json!({"name": "Ada", "token": "x".repeat(500)})).await;
        says(&ada, "waits", "'waits'").await;
        ada.expect_that("has ended", "ended === 'payload_too_large'", "[ended, opened]").await;
        assert_eq!(ada.run("return opened", Vec::new()).await, 2);
        ada.run("client.close()", Vec::new()).await;
        expect_settled(&ada, json!({"waits": "closed"})).await;
    })
    .await;
}

#[tokio::test]
async fn half_an_emoji_is_replaced() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, json!({"name": "Ada 🙂"})).await;
        says(&ada, "half", r"'a\ud83d'").await;
        let data =
            r"{ type: 'custom', name: 'x', data: { '\udc00': ['\ud83d\ude42', '\\ud83d', '\ud83d'] } }";
        ada.run(&format!("say('data', {data})"), Vec::new()).await;
        says(&ada, "after", "'after'").await;
        expect_settled(&ada, json!({"half": "accepted", "data": "accepted", "after": "accepted"})).await;
        ada.expect_that("sees them", "seen.length === 3", "seen").await;
        let seen = ada.run("return seen.map(([user, said]) => said)", Vec::new()).await;
        let data = json!({"\u{fffd}": ["🙂", "\\ud83d", "\u{fffd}"]});
        assert_eq!(seen, json!(["a\u{fffd}", data, "after"]));
        assert_eq!(ada.run("return opened", Vec::new()).await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_error_without_an_id_settles_the_request_that_it_is_for() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, json!({"name": "Ada"})).await;
        // The server gets invalid JSON, so it cannot name the request.
        ada.run("window.change = (text) => text.includes('broken') ? text.slice(1) : text", Vec::new()).await;
        says(&ada, "broken", "'broken'").await;
        says(&ada, "after", "'after'").await;
        expect_settled(&ada, json!({"broken": "not_json", "after": "accepted"})).await;
        assert_eq!(ada.run("return opened", Vec::new()).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_closes_the_connection_is_not_sent_for_ever() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, json!({"name": "Ada"})).await;
        // As with a proxy that has a lower limit than the server announces.
        let change = "window.change = (text) => text.includes('large') ? 'x'.repeat(100000) : text";
        ada.run(change, Vec::new()).await;
        says(&ada, "before", "'before'").await;
        says(&ada, "large", "'large'").await;
        says(&ada, "after", "'after'").await;
        let wanted = json!({"before": "accepted", "large": "payload_too_large", "after": "accepted"});
        expect_settled(&ada, wanted).await;
        assert_eq!(stage.server.api().texts(LOBBY).await, ["before", "after"]);
        assert_eq!(ada.run("return opened", Vec::new()).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_user_whose_token_has_ended_does_not_become_a_guest() {
    let settings = Settings::default().variable("TIDINGS_TOKEN_SECRET", SECRET);
    story_with(settings, async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, json!({"token": ENDED})).await;
        says(&ada, "hello", "'hello'").await;
        ada.expect_that("has ended", "ended === 'invalid_token'", "ended").await;
        assert_eq!(
            ada.run("return [opened, window.given ?? null, settled]", Vec::new()).await,
            json!([1, null, {}])
        );
        ada.run("client.resume(arguments[0])", vec![json!(ADA)]).await;
        expect_settled(&ada, json!({"hello": "accepted"})).await;
        ada.expect_that("sees it", "seen.length === 1", "seen").await;
        assert_eq!(ada.run("return seen", Vec::new()).await, json!([["ada", "hello"]]));
    })
    .await;
}

#[tokio::test]
async fn a_guest_whose_token_is_refused_is_a_new_guest() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, json!({"guest": ENDED})).await;
        says(&ada, "hello", "'hello'").await;
        expect_settled(&ada, json!({"hello": "accepted"})).await;
        ada.expect_that("gets a token", "given && seen.length === 1", "seen").await;
        assert!(ada.run("return seen[0][0]", Vec::new()).await.as_str().unwrap().starts_with("guest-"));
    })
    .await;
}

#[tokio::test]
async fn it_publishes_from_an_address_that_is_not_secure() {
    story(async |stage| {
        let ada = stage.insecure_visitor("Ada").await;
        let absent = "return [isSecureContext, typeof crypto.randomUUID]";
        assert_eq!(ada.run(absent, Vec::new()).await, json!([false, "undefined"]));
        runs_the_client(&ada, json!({"name": "Ada"})).await;
        says(&ada, "one", "'one'").await;
        says(&ada, "two", "'two'").await;
        expect_settled(&ada, json!({"one": "accepted", "two": "accepted"})).await;
        let logged = stage.server.api().messages(&LOBBY.parse().unwrap()).await;
        let ids: Vec<String> = logged.iter().map(|message| message.id.to_string()).collect();
        assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
        assert!(ids.iter().all(|id| &id[14..15] == "7" && &id[19..20] == "8"), "{ids:?}");
    })
    .await;
}
