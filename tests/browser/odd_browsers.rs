//! Browsers that lack a feature, or have an unusual one. None of it stops the page: each story also fails if the
//! console shows an exception.

use tests::browser::story;
use tests::pages::{Delivery, State, Timeline};
use thirtyfour::Key;

#[tokio::test]
async fn a_browser_whose_locks_throw_keeps_what_is_written_all_the_same() {
    story(async |stage| {
        let ada = stage.stranger("Ada").await;
        ada.runs_first("navigator.locks.request = () => { throw new Error('no locks') }").await;
        ada.visit("/").await;
        ada.welcome().enter("Ada").await;
        let connection = ada.connection().expect_online().await;
        let path = format!("/api/connections/{connection}?reason=Later");
        assert_eq!(stage.server.api().delete(&path).await.status, 204);
        ada.connection().expect(State::Ended).await;
        ada.timeline().write("while offline").await;
        ada.timeline().expect_delivery("while offline", Delivery::Local).await;
        ada.expect_that(
            "the message is stored",
            "Object.values(localStorage).some(text => text.includes('while offline'))",
            "JSON.stringify(localStorage)",
        )
        .await;
        ada.connection().connect_now().await;
        ada.timeline().expect_delivery("while offline", Delivery::Accepted).await;
    })
    .await;
}

#[tokio::test]
async fn a_clipboard_that_throws_is_told_like_one_that_refuses() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        for clipboard in
            ["() => { throw new Error('closed') }", "() => Promise.reject('closed')", "undefined"]
        {
            ada.profile().open().await;
            ada.run(&format!("Clipboard.prototype.writeText = {clipboard}"), Vec::new()).await;
            ada.profile().copy_user().await;
            ada.notices().expect_toast("Not copied").await;
            ada.reload().await;
            ada.welcome().expect_gone().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_asks_for_notifications_in_the_old_way_or_not_at_all_goes_on() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        for request in ["() => undefined", "() => { throw new Error('not here') }", "undefined"] {
            let notification = format!(
                "window.Notification = function () {{}}; Notification.permission = 'default'; \
                 Notification.requestPermission = {request};"
            );
            ada.run(&notification, Vec::new()).await;
            ada.notices().open().await;
            ada.notices().allow_desktop().await;
            ada.notices().close().await;
        }
        ada.says("still here").await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_on_which_a_page_may_not_show_notifications_shows_them_on_the_page() {
    // As in Chrome for Android: allowed, but it throws.
    const ANDROID: &str = "window.Notification = function () { throw new TypeError('Illegal constructor') }; \
        Notification.permission = 'granted'; document.hasFocus = () => false;";
    story(async |stage| {
        let ada = stage.person("Ada").await;
        ada.run(ANDROID, Vec::new()).await;
        let payload = serde_json::json!({"type": "notification", "title": "Parcel", "body": "at the door"});
        stage.server.api().publish_payload(tests::LOBBY, &payload).await;
        ada.notices().expect_toast("Parcel").await;
    })
    .await;
}

#[tokio::test]
async fn key_events_without_a_key_are_nothing_to_the_page() {
    // The event that Chromium sends when it fills in a form.
    const FILL_IN: &str = "for (const on of [document.activeElement, document.querySelector('input, textarea')]) \
        for (const name of ['keydown', 'keyup']) on.dispatchEvent(new Event(name, { bubbles: true }));";
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        ada.welcome().expect().await;
        ada.run(FILL_IN, Vec::new()).await;
        ada.welcome().enter("Ada").await;
        ada.run(FILL_IN, Vec::new()).await;
        ada.says("by hand").await;
    })
    .await;
}

#[tokio::test]
async fn the_enter_that_chooses_a_word_sends_nothing() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        ada.fill(Timeline::composer(), "日本").await;
        // Most browsers report that the input method is open. Safari has closed it by then, and reports the old key
        // code.
        for how in ["isComposing: true", "isComposing: false, keyCode: 229"] {
            let press = format!(
                "element.dispatchEvent(new KeyboardEvent('keydown', \
                 {{ key: 'Enter', bubbles: true, cancelable: true, {how} }}))"
            );
            ada.run_on(Timeline::composer(), &press).await;
        }
        ada.fill(Timeline::composer(), "日本語").await;
        ada.press_key(Key::Enter).await;
        ada.timeline().expect_exactly(&["日本語"]).await;
    })
    .await;
}
