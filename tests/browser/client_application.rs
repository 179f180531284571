//! The client of docs/PROTOCOL.md, and an application that makes mistakes: its errors stop nothing, repeated calls lose
//! nothing, every promise is settled, and a closed client leaves nothing behind.

use serde_json::{Value, json};
use tests::browser::{Person, story, story_with};
use tests::{LOBBY, Settings};

const CLIENT: &str = include_str!("../../docs/client.js");

/// Records the client's callbacks. `window.fails` names the callbacks that throw; `window.network` is `away` if sockets
/// fail to open, and `silent` if they neither open nor fail.
const START: &str = "window.seen = []; window.gaps = []; window.settled = {}; window.ended = null; \
    window.fails = arguments[0]; window.network = 'there'; window.opened = 0; \
    window.Real = WebSocket; \
    window.WebSocket = function (url) { \
        opened++; \
        if (network === 'there') return new Real(url); \
        if (network === 'away') setTimeout(() => this.onclose?.({ code: 1006 })); \
        this.close = () => {}; }; \
    const told = (name, tell) => (...call) => { tell(...call); if (fails.includes(name)) throw Error('mistake'); }; \
    window.begin = () => tidings(location.origin.replace('http', 'ws') + '/ws', { name: 'Script', \
        onMessage: told('onMessage', (message) => seen.push(message.payload.text)), \
        onToken: told('onToken', () => {}), \
        onGap: told('onGap', (channel, gap) => gaps.push(gap.code ?? gap.reason)), \
        onEnd: told('onEnd', (farewell) => { window.ended = farewell.code; }) }); \
    window.client = begin(); client.follow('room:lobby'); \
    window.say = (text) => client.publish('room:lobby', { type: 'chat', text }) \
        .then(() => { settled[text] = 'accepted'; }, (error) => { settled[text] = error.code; });";

async fn runs_the_client(person: &Person, fails: &[&str]) {
    person.run("(0, eval)(arguments[0])", vec![json!(CLIENT)]).await;
    person.run(START, vec![json!(fails)]).await;
}

async fn says(person: &Person, text: &str) {
    person.run("say(arguments[0])", vec![json!(text)]).await;
}

/// Waits until every publish is settled, with these results.
async fn expect_settled(person: &Person, wanted: Value) {
    let accept = |settled: &Value| (*settled == wanted).then_some(());
    person.expect_of(&format!("sees the results {wanted}"), "return settled", accept).await;
}

async fn expect_seen(person: &Person, texts: &[&str]) {
    let wanted = json!(texts);
    let accept = |seen: &Value| (*seen == wanted).then_some(());
    person.expect_of(&format!("has seen exactly {texts:?}"), "return seen", accept).await;
}

#[tokio::test]
async fn callbacks_that_throw_stop_nothing() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        ada.expects_mistake(&["Error: mistake"]);
        // The first callback runs before any subscription. In it an application may find its storage full.
        runs_the_client(&ada, &["onToken", "onMessage", "onGap", "onEnd"]).await;
        says(&ada, "one").await;
        expect_settled(&ada, json!({"one": "accepted"})).await;
        expect_seen(&ada, &["one"]).await;
        ada.run("client.follow('inbox:somebody')", Vec::new()).await;
        ada.expect_that("is told", "gaps.includes('forbidden')", "gaps").await;
        stage.server.restart().await;
        says(&ada, "two").await;
        expect_settled(&ada, json!({"one": "accepted", "two": "accepted"})).await;
        expect_seen(&ada, &["one", "two"]).await;
        ada.run("client.close()", Vec::new()).await;
        assert_eq!(ada.run("return ended", Vec::new()).await, json!("closed"));
    })
    .await;
}

#[tokio::test]
async fn a_callback_that_throws_while_the_connection_is_lost_does_not_keep_it_from_coming_back() {
    let settings = Settings::default().flag("--frame-bytes-max", "1024");
    story_with(settings, async |stage| {
        let ada = stage.visitor("Ada").await;
        ada.expects_mistake(&["Error: mistake"]);
        runs_the_client(&ada, &["onGap"]).await;
        says(&ada, "before").await;
        expect_settled(&ada, json!({"before": "accepted"})).await;
        // A middlebox makes this request too large: the server closes the connection because of it, twice.
        let swell = "const { send } = Real.prototype; Real.prototype.send = function (text) { \
            send.call(this, text.includes('room:swells') ? text + ' '.repeat(2000) : text); };";
        ada.run(swell, Vec::new()).await;
        ada.run("client.follow('room:swells')", Vec::new()).await;
        ada.expect_that("is told", "gaps.includes('payload_too_large')", "[gaps, opened]").await;
        says(&ada, "after").await;
        expect_settled(&ada, json!({"before": "accepted", "after": "accepted"})).await;
    })
    .await;
}

#[tokio::test]
async fn a_channel_that_is_followed_twice_misses_nothing() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, &[]).await;
        says(&ada, "one").await;
        expect_seen(&ada, &["one"]).await;
        let api = stage.server.api();
        ada.run("network = 'away'", Vec::new()).await;
        let connection = api.connections().await[0]["connection"].clone();
        assert_eq!(api.delete(&format!("/api/connections/{connection}?code=4000")).await.status, 204);
        ada.expect_that("is cut off", "opened > 1", "opened").await;
        api.publish(LOBBY, "two").await;
        ada.run(
            "client.follow('room:lobby'); network = 'there'; dispatchEvent(new Event('online'))",
            Vec::new(),
        )
        .await;
        expect_seen(&ada, &["one", "two"]).await;
        // The same while messages arrive.
        ada.run(
            "for (let n = 0; n < 20; n++) { say(`n${n}`); if (n % 5 === 0) client.follow('room:lobby'); }",
            Vec::new(),
        )
        .await;
        let mut all = vec!["one".to_owned(), "two".to_owned()];
        all.extend((0..20).map(|n| format!("n{n}")));
        expect_seen(&ada, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert_eq!(ada.run("return gaps", Vec::new()).await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_closed_client_refuses_to_publish_until_it_is_opened_again() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, &[]).await;
        says(&ada, "one").await;
        expect_settled(&ada, json!({"one": "accepted"})).await;
        ada.run("client.close()", Vec::new()).await;
        says(&ada, "two").await;
        expect_settled(&ada, json!({"one": "accepted", "two": "closed"})).await;
        ada.run("client.resume()", Vec::new()).await;
        says(&ada, "three").await;
        expect_settled(&ada, json!({"one": "accepted", "two": "closed", "three": "accepted"})).await;
        expect_seen(&ada, &["one", "three"]).await;
        // A client that was closed by the server keeps its unsent messages; closing it drops them.
        let connection = stage.server.api().connections().await[0]["connection"].clone();
        assert_eq!(
            stage.server.api().delete(&format!("/api/connections/{connection}?code=4500")).await.status,
            204
        );
        ada.expect_that("has ended", "ended === 4500", "ended").await;
        ada.run("settled = {}", Vec::new()).await;
        says(&ada, "four").await;
        ada.run("client.close()", Vec::new()).await;
        says(&ada, "five").await;
        expect_settled(&ada, json!({"four": "closed", "five": "closed"})).await;
    })
    .await;
}

#[tokio::test]
async fn a_closed_client_leaves_no_listener_behind() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        let count = "window.listeners = new Set(); const { addEventListener: add, removeEventListener: remove } = window; \
            window.addEventListener = (name, listener, ...more) => { \
                if (name === 'online') listeners.add(listener); return add.call(window, name, listener, ...more); }; \
            window.removeEventListener = (name, listener, ...more) => { \
                listeners.delete(listener); return remove.call(window, name, listener, ...more); };";
        ada.run(count, Vec::new()).await;
        runs_the_client(&ada, &[]).await;
        says(&ada, "one").await;
        expect_settled(&ada, json!({"one": "accepted"})).await;
        ada.run("for (let n = 0; n < 10; n++) begin().close()", Vec::new()).await;
        assert_eq!(ada.run("return listeners.size", Vec::new()).await, json!(1), "one listener is left");
    })
    .await;
}

#[tokio::test]
async fn each_connection_has_ten_seconds_to_open() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        let note = "window.waits = []; const wait = setTimeout; \
            window.setTimeout = (run, ms, ...more) => { waits.push(ms); return wait(run, ms, ...more); };";
        ada.run(note, Vec::new()).await;
        runs_the_client(&ada, &[]).await;
        says(&ada, "one").await;
        expect_settled(&ada, json!({"one": "accepted"})).await;
        ada.run("network = 'silent'", Vec::new()).await;
        let connection = stage.server.api().connections().await[0]["connection"].clone();
        assert_eq!(
            stage.server.api().delete(&format!("/api/connections/{connection}?code=4000")).await.status,
            204
        );
        ada.expect_that("opens another", "opened === 2", "opened").await;
        assert_eq!(ada.run("return waits.at(-1)", Vec::new()).await, json!(10_000));
    })
    .await;
}

#[tokio::test]
async fn a_heartbeat_longer_than_a_timer_of_the_browser_ends_no_connection() {
    let settings = Settings::default().flag("--heartbeat-ms", "2000000000");
    story_with(settings, async |stage| {
        let ada = stage.visitor("Ada").await;
        runs_the_client(&ada, &[]).await;
        for text in ["one", "two", "three"] {
            says(&ada, text).await;
        }
        expect_seen(&ada, &["one", "two", "three"]).await;
        assert_eq!(ada.run("return opened", Vec::new()).await, json!(1));
    })
    .await;
}
