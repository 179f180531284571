//! The client of docs/PROTOCOL.md, unchanged, in a real browser.

use serde_json::{Value, json};
use tests::browser::{Person, Stage, story, story_with};
use tests::deadline::{DEADLINE, eventually};
use tests::{LOBBY, Settings};

const CLIENT: &str = include_str!("../../docs/client.js");

/// Records the client's callbacks, and how often each message was sent.
const START: &str = "window.seen = []; window.gaps = []; window.accepted = []; window.sent = {}; \
    const send = WebSocket.prototype.send; \
    WebSocket.prototype.send = function (text) { \
        const message = JSON.parse(text); \
        if (message.type === 'publish') sent[message.message_id] = (sent[message.message_id] ?? 0) + 1; \
        return send.call(this, text); }; \
    window.client = tidings(location.origin.replace('http', 'ws') + '/ws', { name: 'Script', \
        onMessage: (message, position) => { seen.push(message.payload.text); window.position = position; }, \
        onGap: (channel, gap) => gaps.push(gap.reason), onEnd: (farewell) => { window.ended = farewell.code; } }); \
    client.follow('room:lobby');";

/// Cuts and restores the network of this page.
const CUT_OFF: &str = "window.Real = WebSocket; window.WebSocket = class { \
    constructor() { setTimeout(() => this.onclose?.({ code: 1006 })); } close() {} };";
const BACK: &str = "window.WebSocket = Real; dispatchEvent(new Event('online'));";

/// Runs the client on a page of the server, subscribed to the lobby.
async fn runs_the_client(stage: &mut Stage, name: &str) -> Person {
    let person = stage.visitor(name).await;
    person.run("(0, eval)(arguments[0])", vec![json!(CLIENT)]).await;
    person.run(START, Vec::new()).await;
    // It has no position before the subscription is confirmed: its first message is its own.
    says(&person, "begin").await;
    person.expect_that("is accepted", "accepted.length === 1", "accepted").await;
    expect_seen(&person, &["begin"]).await;
    person
}

async fn says(person: &Person, text: &str) {
    let say =
        "client.publish('room:lobby', { type: 'chat', text: arguments[0] }).then((o) => accepted.push(o))";
    person.run(&format!("{say};"), vec![json!(text)]).await;
}

async fn expect_seen(person: &Person, texts: &[&str]) {
    let wanted = json!(texts);
    person
        .expect_of(&format!("has seen exactly {texts:?}"), "return seen", |seen| {
            (*seen == wanted).then_some(())
        })
        .await;
}

#[tokio::test]
async fn it_misses_nothing_and_repeats_nothing_while_the_server_dies_and_comes_back() {
    story(async |stage| {
        let ada = runs_the_client(stage, "Ada").await;
        let bob = stage.server.join("Bob").await;
        bob.publish(LOBBY, "before").await;
        expect_seen(&ada, &["begin", "before"]).await;
        ada.run(CUT_OFF, Vec::new()).await;
        stage.server.kill();
        let own = ["own one", "own two", "own three"];
        for text in own {
            says(&ada, text).await;
        }
        bob.expect_waiting().await;
        stage.server.start_again().await;
        bob.publish(LOBBY, "while away").await;
        ada.run(BACK, Vec::new()).await;
        ada.expect_that("all are accepted", "accepted.length === 4", "[accepted, seen]").await;
        bob.publish(LOBBY, "after").await;
        let all = ["begin", "before", "while away", "own one", "own two", "own three", "after"];
        expect_seen(&ada, &all).await;
        assert_eq!(stage.server.api().texts(LOBBY).await, all);
        let offsets = ada.run("return accepted", Vec::new()).await;
        let offsets: Vec<u64> = offsets.as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        assert!(offsets.is_sorted() && offsets.len() == 4, "{offsets:?}");
        assert_eq!(ada.run("return gaps", Vec::new()).await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_publish_whose_answer_was_lost_is_sent_again_with_its_id() {
    story(async |stage| {
        let ada = runs_the_client(stage, "Ada").await;
        // The server stores the message and answers. The connection is cut before the client reads the answer.
        let deaf = "let isCut = false; \
            WebSocket.prototype.send = new Proxy(WebSocket.prototype.send, { apply(send, self, [text]) { \
                Reflect.apply(send, self, [text]); \
                if (text.includes('only once') && !isCut) { \
                    isCut = true; const lose = self.onclose; \
                    self.onmessage = ({ data }) => { if (JSON.parse(data).type === 'accepted') lose({}); }; } } });";
        ada.run(deaf, Vec::new()).await;
        says(&ada, "only once").await;
        says(&ada, "and then").await;
        ada.expect_that("all are accepted", "accepted.length === 3", "[accepted, sent]").await;
        expect_seen(&ada, &["begin", "only once", "and then"]).await;
        let sent = ada.run("return Object.values(sent).sort()", Vec::new()).await;
        assert_eq!(sent, json!([1, 1, 2]), "one id was sent twice");
        assert_eq!(stage.server.api().counter("tidings_messages_duplicate_total").await, 1);
        assert_eq!(stage.server.api().texts(LOBBY).await, ["begin", "only once", "and then"]);
    })
    .await;
}

#[tokio::test]
async fn a_lost_message_is_asked_for_and_the_last_one_too() {
    let settings = Settings::default().flag("--heartbeat-ms", "300");
    story_with(settings, async |stage| {
        let ada = runs_the_client(stage, "Ada").await;
        // A middlebox drops one message.
        let swallow = "window.swallow = (part) => { window.part = part; }; \
            const parse = JSON.parse; JSON.parse = (text) => { \
                const message = parse(text); \
                if (window.part && message.type === 'message' && text.includes(part)) { window.part = null; return {}; } \
                return message; };";
        ada.run(swallow, Vec::new()).await;
        let api = stage.server.api();
        ada.run("swallow('two')", Vec::new()).await;
        for text in ["one", "two", "three"] {
            api.publish(LOBBY, text).await;
        }
        expect_seen(&ada, &["begin", "one", "two", "three"]).await;
        // No later message shows that this one is missing; the heartbeat does.
        ada.run("swallow('last')", Vec::new()).await;
        api.publish(LOBBY, "last").await;
        expect_seen(&ada, &["begin", "one", "two", "three", "last"]).await;
        assert_eq!(ada.run("return [part, gaps]", Vec::new()).await, json!([null, []]));
    })
    .await;
}

#[tokio::test]
async fn a_gap_calls_back() {
    let settings = Settings::default().flag("--retention-ms", "20").talkative();
    let settings = settings.config("[namespaces.room]\npresence = true\nkeep_messages = 3\n");
    story_with(settings, async |stage| {
        let ada = runs_the_client(stage, "Ada").await;
        ada.run(CUT_OFF, Vec::new()).await;
        let api = stage.server.api();
        let connection = api.connections().await[0]["connection"].clone();
        assert_eq!(api.delete(&format!("/api/connections/{connection}?code=4000")).await.status, 204);
        for number in 2..=10 {
            api.publish(LOBBY, &number.to_string()).await;
        }
        eventually(DEADLINE, "only three messages are kept", async || {
            let kept = api.texts(LOBBY).await;
            if kept == ["8", "9", "10"] { Ok(()) } else { Err(format!("{kept:?}")) }
        })
        .await;
        // Trimmed messages may still be in memory, and are then delivered from there.
        stage.server.restart().await;
        ada.run(BACK, Vec::new()).await;
        expect_seen(&ada, &["begin", "8", "9", "10"]).await;
        assert_eq!(ada.run("return gaps", Vec::new()).await, json!(["trimmed"]));
        // A program that is started again continues at its stored position.
        let since = ada.run("return { ...position, offset: position.offset - 1 }", Vec::new()).await;
        ada.visit("/").await;
        ada.run("(0, eval)(arguments[0])", vec![json!(CLIENT)]).await;
        ada.run(
            &START.replace("client.follow('room:lobby')", "client.follow('room:lobby', arguments[0])"),
            vec![since],
        )
        .await;
        expect_seen(&ada, &["10"]).await;
    })
    .await;
}

#[tokio::test]
async fn it_stays_away_when_it_is_told_to_and_comes_back_otherwise() {
    story(async |stage| {
        let ada = runs_the_client(stage, "Ada").await;
        let opened = "window.opened = 0; const Real = WebSocket; \
            window.WebSocket = class extends Real { constructor(url) { super(url); window.opened++; } };";
        ada.run(opened, Vec::new()).await;
        let api = stage.server.api();
        let end = async |code: u16| {
            let connection = api.connections().await[0]["connection"].clone();
            assert_eq!(api.delete(&format!("/api/connections/{connection}?code={code}")).await.status, 204);
        };
        end(4000).await;
        says(&ada, "back").await;
        expect_seen(&ada, &["begin", "back"]).await;
        assert_eq!(ada.run("return opened", Vec::new()).await, json!(1));
        end(4500).await;
        ada.expect_that("is notified of the end", "window.ended === 4500", "window.ended").await;
        // A client that waits for its next attempt connects at this event, at once.
        ada.run("dispatchEvent(new Event('online'))", Vec::new()).await;
        api.publish(LOBBY, "nobody hears this").await;
        expect_seen(&ada, &["begin", "back"]).await;
        assert_eq!(ada.run("return opened", Vec::new()).await, json!(1));
    })
    .await;
}

#[tokio::test]
async fn it_waits_when_it_is_asked_to_and_keeps_the_order() {
    // So few that a busy machine also sends them too fast.
    story_with(Settings::default().flag("--message-rate", "1"), async |stage| {
        let ada = runs_the_client(stage, "Ada").await;
        let count = "window.refused = 0; const parse = JSON.parse; JSON.parse = (text) => { \
            const message = parse(text); if (message.code === 'rate_limited') refused++; return message; };";
        ada.run(count, Vec::new()).await;
        let mut texts: Vec<String> = (1..=5).map(|number| number.to_string()).collect();
        ada.run(
            "for (const text of arguments[0]) client.publish('room:lobby', { type: 'chat', text })",
            vec![json!(texts)],
        )
        .await;
        texts.insert(0, "begin".to_owned());
        expect_seen(&ada, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
        ada.expect_that("was asked to wait", "refused > 0", "refused").await;
        assert_eq!(stage.server.api().texts(LOBBY).await, texts);
    })
    .await;
}
