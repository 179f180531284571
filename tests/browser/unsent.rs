//! Unsent messages: whatever happens to their tab, each is sent once, in order.

use tests::LOBBY;
use tests::browser::{Person, Stage, story};
use tests::deadline::{PATIENCE, eventually};
use tests::pages::{Delivery, State};

/// A script that returns whether the browser would ask before the page is left.
const LEAVES: &str =
    "const event = new Event('beforeunload', { cancelable: true }); return !dispatchEvent(event)";

/// Opens the room in a new tab.
async fn enter(person: &Person) {
    person.visit("/").await;
    person.welcome().expect_gone().await;
    person.connection().expect_online().await;
}

/// Cuts the current tab's network and writes these messages.
async fn writes_offline(stage: &Stage, person: &Person, texts: &[&str]) {
    let connection = person.connection().expect_online().await;
    let path = format!("/api/connections/{connection}?reason=Later");
    assert_eq!(stage.server.api().delete(&path).await.status, 204);
    person.connection().expect(State::Ended).await;
    for text in texts {
        person.timeline().write(text).await;
        person.timeline().expect_delivery(text, Delivery::Local).await;
    }
}

/// Asserts that the log has these messages in this order, and each was published once.
async fn expect_log(stage: &Stage, texts: &[&str]) {
    let api = stage.server.api();
    eventually(PATIENCE, "all messages are in the log", async || {
        let logged = api.texts(LOBBY).await;
        if logged.len() >= texts.len() { Ok(()) } else { Err(format!("{logged:?}")) }
    })
    .await;
    assert_eq!(api.texts(LOBBY).await, texts);
    assert_eq!(api.counter("tidings_messages_duplicate_total").await, 0, "no message was sent twice");
}

#[tokio::test]
async fn a_reload_keeps_what_was_written_in_its_order() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        writes_offline(stage, &ada, &["one", "two", "three"]).await;
        ada.reload().await;
        for text in ["one", "two", "three"] {
            ada.timeline().expect_delivery(text, Delivery::Accepted).await;
        }
        expect_log(stage, &["one", "two", "three"]).await;
        // Nothing is left that another reload would send.
        ada.reload().await;
        ada.timeline().expect_exactly(&["one", "two", "three"]).await;
        expect_log(stage, &["one", "two", "three"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_closed_tab_leaves_its_messages_to_the_next() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let writing = ada.tab().await;
        let next = ada.open_tab().await;
        ada.turn_to(&writing).await;
        stage.server.kill();
        ada.connection().expect(State::Waiting).await;
        for text in ["one", "two", "three"] {
            ada.timeline().write(text).await;
            ada.timeline().expect_delivery(text, Delivery::Local).await;
        }
        ada.close_tab(&next).await;
        stage.server.start_again().await;
        enter(&ada).await;
        for text in ["one", "two", "three"] {
            ada.timeline().expect_delivery(text, Delivery::Accepted).await;
        }
        expect_log(stage, &["one", "two", "three"]).await;
    })
    .await;
}

#[tokio::test]
async fn an_open_tab_takes_over_from_one_that_is_closed_and_not_before() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let writing = ada.tab().await;
        let other = ada.open_tab().await;
        enter(&ada).await;
        ada.turn_to(&writing).await;
        writes_offline(stage, &ada, &["one", "two"]).await;

        ada.turn_to(&other).await;
        // A message of another tab would precede this one.
        ada.says("from the other").await;
        ada.timeline().expect_exactly(&["from the other"]).await;
        ada.turn_to(&writing).await;
        ada.timeline().expect_delivery("two", Delivery::Local).await;
        ada.close_tab(&other).await;
        ada.timeline().expect_delivery("two", Delivery::Accepted).await;
        ada.timeline().expect_exactly(&["from the other", "one", "two"]).await;
        expect_log(stage, &["from the other", "one", "two"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_tab_that_crashed_loses_nothing() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let writing = ada.tab().await;
        let other = ada.open_tab().await;
        enter(&ada).await;
        ada.turn_to(&writing).await;
        writes_offline(stage, &ada, &["one", "two"]).await;
        ada.crash_tab(&other).await;
        ada.timeline().expect_delivery("two", Delivery::Accepted).await;
        expect_log(stage, &["one", "two"]).await;
    })
    .await;
}

#[tokio::test]
async fn the_next_visit_sends_what_the_last_could_not() {
    story(async |stage| {
        let ada = stage.person_with_own_browser("Ada").await;
        writes_offline(stage, &ada, &["one", "two"]).await;
        let ada = stage.comes_back(&ada).await;
        enter(&ada).await;
        ada.timeline().expect_delivery("two", Delivery::Accepted).await;
        expect_log(stage, &["one", "two"]).await;
    })
    .await;
}

#[tokio::test]
async fn several_tabs_that_load_anew_at_once_send_each_its_own() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let mut tabs = vec![ada.tab().await];
        for _ in 0..2 {
            tabs.push(ada.open_tab().await);
            enter(&ada).await;
        }
        let mut texts = Vec::new();
        for (tab, own) in tabs.iter().zip([["a1", "a2"], ["b1", "b2"], ["c1", "c2"]]) {
            ada.turn_to(tab).await;
            writes_offline(stage, &ada, &own).await;
            let listen = "new BroadcastChannel('story').onmessage = () => location.reload();";
            ada.run(listen, Vec::new()).await;
            texts.extend(own);
        }
        ada.run(
            "new BroadcastChannel('story').postMessage('now'); setTimeout(() => location.reload())",
            Vec::new(),
        )
        .await;
        for tab in &tabs {
            ada.turn_to(tab).await;
            for text in &texts {
                ada.timeline().expect_delivery(text, Delivery::Accepted).await;
            }
        }
        let mut logged = stage.server.api().texts(LOBBY).await;
        logged.sort_by_key(|text| text.chars().next());
        assert_eq!(logged, texts, "each message once, and those of a tab in order");
        assert_eq!(stage.server.public().counter("tidings_messages_duplicate_total").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_duplicate_of_a_tab_is_another_tab() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let writing = ada.tab().await;
        writes_offline(stage, &ada, &["one"]).await;
        // As the browser does when a tab is duplicated: the new tab starts with the same `sessionStorage`.
        let noted = ada.run("return sessionStorage.getItem('tidings.tab')", Vec::new()).await;
        assert!(noted.is_string(), "{noted}");
        let copy = ada.open_tab().await;
        ada.visit("/healthz").await;
        ada.run("sessionStorage.setItem('tidings.tab', arguments[0])", vec![noted.clone()]).await;
        enter(&ada).await;
        ada.says("from the copy").await;
        let own = ada.run("return sessionStorage.getItem('tidings.tab')", Vec::new()).await;
        assert_ne!(own, noted);
        ada.turn_to(&writing).await;
        ada.timeline().expect_delivery("one", Delivery::Local).await;
        ada.close_tab(&copy).await;
        ada.timeline().expect_delivery("one", Delivery::Accepted).await;
        expect_log(stage, &["from the copy", "one"]).await;
    })
    .await;
}

#[tokio::test]
async fn at_an_address_that_is_not_secure_the_browser_asks_before_it_forgets() {
    story(async |stage| {
        let ada = stage.insecure_visitor("Ada").await;
        ada.welcome().enter("Ada").await;
        ada.says("while online").await;
        // It would have appeared as soon as the message was written.
        ada.notices().expect_toasts_so_far(0).await;
        assert_eq!(ada.run(LEAVES, Vec::new()).await, false);
        writes_offline(stage, &ada, &["while offline"]).await;
        ada.notices().expect_toast("This address is not secure").await;
        assert_eq!(ada.run(LEAVES, Vec::new()).await, true);
        // A reload loses nothing: the tab stays the same.
        ada.run(
            "addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)",
            Vec::new(),
        )
        .await;
        ada.reload().await;
        ada.timeline().expect_delivery("while offline", Delivery::Accepted).await;
        assert_eq!(ada.run(LEAVES, Vec::new()).await, false);
        expect_log(stage, &["while online", "while offline"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_browser_without_room_sends_all_the_same_and_says_what_is_at_risk() {
    const FILL: &str = "for (let size = 1 << 20; size; size >>= 1) { try { \
        for (let i = 0; ; i++) localStorage.setItem(`filler.${size}.${i}`, 'x'.repeat(size)) } catch {} }";
    story(async |stage| {
        let ada = stage.person("Ada").await;
        ada.run(FILL, Vec::new()).await;
        ada.says("while online").await;
        // It would have appeared as soon as the message was written.
        ada.notices().expect_toasts_so_far(0).await;
        writes_offline(stage, &ada, &["while offline"]).await;
        ada.notices().expect_toast("Keep this page open").await;
        // It is shown once.
        ada.timeline().write("and more").await;
        ada.timeline().expect_delivery("and more", Delivery::Local).await;
        ada.notices().expect_toasts_so_far(1).await;
        assert_eq!(ada.run(LEAVES, Vec::new()).await, true, "the browser asks before the page is left");
        ada.connection().connect_now().await;
        ada.timeline().expect_delivery("and more", Delivery::Accepted).await;
        assert_eq!(ada.run(LEAVES, Vec::new()).await, false);
        expect_log(stage, &["while online", "while offline", "and more"]).await;
    })
    .await;
}
