//! Input that the server would refuse, and messages that only a later server sends.

use serde_json::json;
use tests::browser::{Person, story, story_with};
use tests::pages::Delivery;
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
        ada.timeline().retry().await;
        ada.timeline().expect_delivery(&large, Delivery::Failed).await;
        ada.says("after the reload").await;
        assert_eq!(stage.server.api().texts(LOBBY).await, ["after", "after the reload"]);
    })
    .await;
}

/// Sets the text of a field as if it had been typed, because a driver cannot type every character.
async fn types(person: &Person, field: &str, text: &str) {
    let script = "const field = document.querySelector(arguments[0]); field.value = arguments[1]; \
        field.dispatchEvent(new Event('input', { bubbles: true }));";
    person.run(script, vec![json!(field), json!(text)]).await;
}

#[tokio::test]
async fn a_name_or_a_text_of_which_nothing_can_be_seen_is_not_sent() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        ada.welcome().expect().await;
        for (name, problem) in
            [("\u{200b}", "enter a name"), ("\u{3164}", "enter a name"), ("a\u{2028}b", "Use one line")]
        {
            types(&ada, "[data-testid=welcome] input", name).await;
            ada.click("[data-testid=welcome] [type=submit]").await;
            ada.expect_text("#welcome-problem", problem).await;
        }
        ada.welcome().enter("Ada").await;
        let is_dark = "document.querySelector('[data-testid=send]').disabled";
        for (text, dark) in [("\u{200b}", "true"), ("x", "false"), ("\u{3164}\u{2800}", "true")] {
            types(&ada, "[data-testid=composer]", text).await;
            ada.expect_that(&format!("{text:?}"), &format!("{is_dark} === {dark}"), is_dark).await;
        }
        // Invisible characters of a name are removed before others see it.
        types(&ada, "[data-testid=composer]", "").await;
        let bob = stage.visitor("Bob").await;
        types(&bob, "[data-testid=welcome] input", "B\u{ad}ob\u{200b}").await;
        bob.click("[data-testid=welcome] [type=submit]").await;
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
        ada.expect_text("[data-testid=notifications]", "need a secure address").await;
    })
    .await;
}
