//! Input that the server would refuse, and messages that only a later server sends.

use tests::browser::{story, story_with};
use tests::pages::{Delivery, Timeline, Welcome};
use tests::{LOBBY, Settings};

#[tokio::test]
async fn a_message_larger_than_the_server_accepts_holds_up_nothing() {
    let settings = Settings::default().flag("--frame-bytes-max", "2048");
    story_with(settings, async |stage| {
        let ada = stage.person("Ada").await;
        let connection = ada.connection().expect_online().await;
        let large = "x".repeat(3000);
        ada.timeline().write(&large).await;
        ada.timeline().expect_delivery(&large, Delivery::Failed).await;
        ada.says("after").await;
        assert_eq!(ada.connection().expect_online().await, connection, "it is still the same connection");
        // After a reload it is kept until its author decides, and does not delay other messages.
        ada.reload().await;
        ada.timeline().expect_delivery(&large, Delivery::Failed).await;
        ada.wire().toggle().await;
        ada.timeline().retry().await;
        ada.says("after the reload").await;
        ada.timeline().expect_delivery(&large, Delivery::Failed).await;
        ada.wire().expect_rows("sent", "publish", 1).await;
        assert_eq!(stage.server.api().texts(LOBBY).await, ["after", "after the reload"]);
    })
    .await;
}

#[tokio::test]
async fn a_name_or_a_text_of_which_nothing_can_be_seen_is_not_sent() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        ada.welcome().expect().await;
        for (name, problem) in
            [("\u{200b}", "enter a name"), ("\u{3164}", "enter a name"), ("a\u{2028}b", "Use one line")]
        {
            ada.set_text(Welcome::field(), name).await;
            ada.welcome().submit().await;
            ada.welcome().expect_problem(problem).await;
        }
        ada.welcome().enter("Ada").await;
        for (text, dark) in [("\u{200b}", true), ("x", false), ("\u{3164}\u{2800}", true)] {
            ada.set_text(Timeline::composer(), text).await;
            let send = Timeline::send_button();
            ada.expect_sight(&format!("{text:?}"), send, "element.disabled", |disabled| {
                (*disabled.first()? == dark).then_some(())
            })
            .await;
        }
        // Invisible characters of a name are removed before others see it.
        ada.set_text(Timeline::composer(), "").await;
        let bob = stage.visitor("Bob").await;
        bob.set_text(Welcome::field(), "B\u{ad}ob\u{200b}").await;
        bob.welcome().submit().await;
        ada.roster().expect(&["Ada", "Bob"]).await;
    })
    .await;
}

/// As if the server had a later version with polls.
const POLLS: &str = r#"
    const data = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data").get;
    Object.defineProperty(MessageEvent.prototype, "data", { get() {
        const text = data.call(this);
        return text?.replaceAll?.(/"type":"chat","text":"(poll[^"]*)"/g, '"type":"poll","question":"$1"') ?? text;
    } });
"#;

#[tokio::test]
async fn a_message_of_a_later_version_is_shown_as_such() {
    const POLL: &str = "This version of the app cannot show this message (poll). Reload the page.";
    story(async |stage| {
        let api = stage.server.api();
        for text in ["before", "poll one", "between"] {
            api.publish(LOBBY, text).await;
        }
        let ada = stage.stranger("Ada").await;
        ada.runs_first(POLLS).await;
        ada.visit("/").await;
        ada.welcome().enter("Ada").await;
        ada.timeline().expect_lines(&["before", POLL, "between"]).await;
        for text in ["poll two", "after"] {
            api.publish(LOBBY, text).await;
        }
        ada.timeline().expect_lines(&["before", POLL, "between", POLL, "after"]).await;
    })
    .await;
}

#[tokio::test]
async fn at_an_address_that_is_not_secure_the_page_says_what_it_cannot_do() {
    story(async |stage| {
        let ada = stage.insecure_visitor("Ada").await;
        ada.welcome().enter("Ada").await;
        ada.says("hello").await;
        ada.notices().open().await;
        ada.notices().expect_remark("need a secure address").await;
    })
    .await;
}
