//! Small screens, and use without a mouse.

use serde_json::Value;
use tests::browser::{Person, Screen, Sight, story};
use tests::pages::{Delivery, Rooms, Timeline, Welcome};
use thirtyfour::Key;

/// Asserts that the page is not wider than the screen.
async fn expect_fits(person: &Person) {
    person
        .expect_that(
            "the page is no wider than the screen",
            "document.scrollingElement.scrollWidth <= window.innerWidth",
            "[document.scrollingElement.scrollWidth, window.innerWidth]",
        )
        .await;
}

#[tokio::test]
async fn everything_fits_on_a_phone() {
    story(async |stage| {
        let bob = stage.server.join("Bob").await;
        let ada = stage.visitor_with("Ada", Screen::Narrow).await;
        assert_eq!(ada.run("return window.innerWidth", Vec::new()).await, 360);
        expect_fits(&ada).await;
        ada.welcome().enter("Ada").await;
        expect_fits(&ada).await;
        ada.says("from my phone").await;
        bob.expect_chat("from my phone").await;
        bob.publish(tests::LOBBY, &format!("{} https://example.org/{}", "x".repeat(300), "y".repeat(300)))
            .await;
        ada.timeline().expect_rows("sees the long word", |rows| (rows.len() == 2).then_some(())).await;
        expect_fits(&ada).await;

        ada.rooms().show().await;
        expect_fits(&ada).await;
        ada.rooms().open("kitchen").await;
        ada.timeline().expect_exactly(&[]).await;
        ada.find(Timeline::composer()).await;
        ada.says("in the kitchen").await;
        expect_fits(&ada).await;
    })
    .await;
}

/// Presses Tab until the focus is on `sight`.
async fn tab_to(person: &Person, sight: Sight) {
    const TABS_MAX: usize = 60;
    for _ in 0..TABS_MAX {
        if person.is_focused(&sight).await {
            return;
        }
        person.press_key(Key::Tab).await;
    }
    panic!("{sight} cannot be reached with Tab\n{}", person.page_text().await);
}

#[tokio::test]
async fn the_keyboard_is_enough() {
    story(async |stage| {
        let bob = stage.server.join("Bob").await;
        let ada = stage.visitor("Ada").await;
        ada.welcome().expect().await;
        tab_to(&ada, Welcome::field()).await;
        ada.press("Ada").await;
        ada.press_key(Key::Enter).await;
        ada.welcome().expect_gone().await;
        ada.connection().expect_online().await;

        tab_to(&ada, Timeline::composer()).await;
        ada.press("without a mouse").await;
        ada.press_key(Key::Enter).await;
        ada.timeline().expect_delivery("without a mouse", Delivery::Accepted).await;
        bob.expect_chat("without a mouse").await;

        // The focus stays in the composer; the button can be reached as well.
        tab_to(&ada, Timeline::composer()).await;
        ada.press("and again").await;
        tab_to(&ada, Timeline::send_button()).await;
        ada.press_key(Key::Enter).await;
        ada.timeline().expect_delivery("and again", Delivery::Accepted).await;

        bob.publish("room:kitchen", "dinner").await;
        tab_to(&ada, Rooms::opener()).await;
        ada.press_key(Key::Enter).await;
        ada.find(Rooms::field()).await;
        tab_to(&ada, Rooms::field()).await;
        ada.press("kitchen").await;
        ada.press_key(Key::Enter).await;
        ada.sees("Bob", "dinner").await;
    })
    .await;
}

#[tokio::test]
async fn light_and_dark_follow_the_system() {
    // The brightness of the page and its text, from 0 to 255.
    const BRIGHTNESS: &str = "const of = (colour) => { const [r, g, b] = colour.match(/[0-9.]+/g).map(Number); return (r + g + b) / 3; };
        const { backgroundColor, color } = getComputedStyle(document.body); return [of(backgroundColor), of(color)];";
    let levels = |value: &Value| Some((value[0].as_f64()?, value[1].as_f64()?));
    story(async |stage| {
        let ada = stage.person("Ada").await;
        ada.prefers("light").await;
        let light = |value: &Value| levels(value).filter(|(ground, text)| *ground > 200.0 && *text < 100.0);
        ada.expect_of("dark text on light ground", BRIGHTNESS, light).await;
        ada.prefers("dark").await;
        let dark = |value: &Value| levels(value).filter(|(ground, text)| *ground < 60.0 && *text > 180.0);
        ada.expect_of("light text on dark ground", BRIGHTNESS, dark).await;
    })
    .await;
}
