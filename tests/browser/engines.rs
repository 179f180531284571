//! The main stories, the same in Chromium, Firefox and WebKit.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use serde_json::json;
use tests::LOBBY;
use tests::browser::{Engine, Person, story_in};
use tests::pages::{Delivery, State};

/// Makes a test of each story, in a module that has the engine's name.
macro_rules! in_engine {
    ($($module:ident: $engine:expr;)*) => { $(
        mod $module {
            use tests::browser::Engine;

            in_engine!($engine =>
                two_people_talk
                a_reload_keeps_name_and_history
                a_person_goes_on_after_a_restart_without_a_reload
                what_is_written_offline_is_sent_when_the_network_is_back
                messages_in_other_rooms_are_counted_until_they_are_read
                two_tabs_talk_and_see_the_same
                a_page_that_was_left_goes_on_when_one_returns_to_it
                a_hidden_tab_misses_nothing
                parts_have_the_names_that_the_browser_computes
                errors_of_the_page_are_noticed
                an_unexpected_error_of_the_page_fails_a_story
            );
        }
    )* };
    ($engine:expr => $($story:ident)*) => { $(
        #[tokio::test]
        async fn $story() {
            super::$story($engine).await;
        }
    )* };
}

in_engine! {
    chromium: Engine::Chromium;
    firefox: Engine::Firefox;
    webkit: Engine::WebKit;
}

async fn two_people_talk(engine: Engine) {
    story_in(engine, async |stage| {
        let (ada, bob) = (stage.person("Ada").await, stage.person("Bob").await);
        ada.says("Hello, Bob!").await;
        bob.sees("Ada", "Hello, Bob!").await;
        bob.says("你好 👋 <b>Ada</b>").await;
        ada.sees("Bob", "你好 👋 <b>Ada</b>").await;
        ada.timeline().expect_exactly(&["Hello, Bob!", "你好 👋 <b>Ada</b>"]).await;
        for person in [ada, bob] {
            person.roster().expect(&["Ada", "Bob"]).await;
        }
    })
    .await;
}

async fn a_reload_keeps_name_and_history(engine: Engine) {
    story_in(engine, async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        ada.says("one").await;
        ada.says("two").await;
        bob.expect_chat("one").await;
        bob.expect_chat("two").await;
        stage.server.api().publish(LOBBY, "three").await;
        bob.expect_chat("three").await;
        ada.timeline().expect_text("three").await;
        ada.reload().await;
        ada.welcome().expect_gone().await;
        ada.timeline().expect_exactly(&["one", "two", "three"]).await;
        let rows = ada.timeline().rows().await;
        assert_eq!(rows.iter().map(|row| row.mine).collect::<Vec<_>>(), [true, true, false]);
        ada.says("four").await;
        bob.expect_chat("four").await;
    })
    .await;
}

async fn a_person_goes_on_after_a_restart_without_a_reload(engine: Engine) {
    story_in(engine, async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        ada.says("before").await;
        bob.expect_chat("before").await;
        ada.run("window.sameDocument = true", Vec::new()).await;
        stage.server.stop().await;
        ada.connection().expect(State::Waiting).await;
        ada.timeline().write("while it was down").await;
        ada.timeline().expect_delivery("while it was down", Delivery::Local).await;
        stage.server.start_again().await;
        bob.expect_chat("while it was down").await;
        ada.timeline().expect_delivery("while it was down", Delivery::Accepted).await;
        bob.publish(LOBBY, "after").await;
        ada.sees("Bob", "after").await;
        ada.timeline().expect_exactly(&["before", "while it was down", "after"]).await;
        assert_eq!(ada.run("return window.sameDocument", Vec::new()).await, json!(true));
    })
    .await;
}

async fn what_is_written_offline_is_sent_when_the_network_is_back(engine: Engine) {
    story_in(engine, async |stage| {
        let network = stage.network().await;
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        let before = ada.connection().expect_online().await;
        network.go_away();
        ada.connection().expect(State::Waiting).await;
        ada.timeline().write("from the tunnel").await;
        ada.timeline().expect_delivery("from the tunnel", Delivery::Local).await;
        stage.server.api().publish(LOBBY, "meanwhile").await;
        bob.expect_chat("meanwhile").await;
        ada.connection().connect_now().await;
        ada.connection().expect_countdown().await;
        network.come_back();
        ada.connection().connect_now_if_waiting().await;
        ada.connection().expect_online_anew(before).await;
        ada.timeline().expect_delivery("from the tunnel", Delivery::Accepted).await;
        bob.expect_chat("from the tunnel").await;
        ada.timeline().expect_exactly(&["meanwhile", "from the tunnel"]).await;
    })
    .await;
}

async fn messages_in_other_rooms_are_counted_until_they_are_read(engine: Engine) {
    story_in(engine, async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        ada.rooms().open("kitchen").await;
        ada.timeline().expect_exactly(&[]).await;
        bob.publish(LOBBY, "one").await;
        bob.publish(LOBBY, "two").await;
        ada.rooms().expect_unread(LOBBY, 2).await;
        ada.rooms().go(LOBBY).await;
        ada.timeline().expect_exactly(&["one", "two"]).await;
        ada.rooms().expect_all_read(LOBBY).await;
    })
    .await;
}

/// A page of the server that is not the app. Firefox shows JSON in a page of its own, in which no script can run.
const OTHER_PAGE: &str = "/favicon.svg";

/// Opens the app in a new tab, in which the name is known.
async fn opens_another_tab(person: &Person) -> tests::browser::Tab {
    let tab = person.open_tab().await;
    person.visit("/").await;
    person.welcome().expect_gone().await;
    person.connection().expect_online().await;
    tab
}

async fn two_tabs_talk_and_see_the_same(engine: Engine) {
    story_in(engine, async |stage| {
        let ada = stage.person("Ada").await;
        let first = ada.tab().await;
        ada.says("from the first").await;
        let second = opens_another_tab(&ada).await;
        ada.timeline().expect_exactly(&["from the first"]).await;
        ada.says("from the second").await;
        ada.turn_to(&first).await;
        let both = ["from the first", "from the second"];
        ada.timeline().expect_exactly(&both).await;
        // Both are the same person: it is an own message here too, and there is one member.
        ada.timeline().expect_delivery("from the second", Delivery::Accepted).await;
        ada.roster().expect(&["Ada"]).await;
        // The tab that stays goes on when the other is closed.
        ada.turn_to(&second).await;
        ada.close_tab(&first).await;
        stage.server.api().expect_connections(1).await;
        ada.says("alone").await;
        ada.timeline().expect_exactly(&["from the first", "from the second", "alone"]).await;
    })
    .await;
}

/// The back/forward cache keeps the page, which must not keep its connection. It opens a new one on the way back.
async fn a_page_that_was_left_goes_on_when_one_returns_to_it(engine: Engine) {
    const NOTE: &str =
        "addEventListener('pageshow', (event) => sessionStorage.setItem('story.kept', event.persisted))";
    story_in(engine, async |stage| {
        let ada = stage.stranger_with_background_as_usual("Ada").await;
        ada.runs_first(NOTE).await;
        ada.visit("/").await;
        ada.welcome().enter("Ada").await;
        let bob = stage.server.join("Bob").await;
        ada.says("before").await;
        bob.expect_chat("before").await;
        ada.visit(OTHER_PAGE).await;
        stage.server.api().expect_connections(1).await;
        stage.server.api().publish(LOBBY, "while away").await;
        bob.expect_chat("while away").await;
        ada.go_back().await;
        let kept = "sessionStorage.getItem('story.kept')";
        // Firefox keeps no page that holds a Web Lock (ACTIVE_LOCK in its log), and the app holds one for its outbox. There the
        // app starts anew.
        let is_kept = engine != Engine::Firefox;
        ada.expect_that("the page was kept", &format!("{kept} === '{is_kept}'"), kept).await;
        ada.connection().expect_online().await;
        ada.timeline().expect_text("while away").await;
        ada.says("back again").await;
        bob.expect_chat("back again").await;
        ada.timeline().expect_exactly(&["before", "while away", "back again"]).await;
    })
    .await;
}

/// Some drivers bring a tab to the front before they run a script in it, so a hidden tab leaves notes in the storage.
async fn a_hidden_tab_misses_nothing(engine: Engine) {
    /// Notes, while the page is hidden, its title, and how late a timer of 20 ms was at most.
    const NOTES: &str = "let latest = 0; \
        const tick = (since) => { \
            if (document.hidden) { \
                latest = Math.max(latest, performance.now() - since); \
                localStorage.setItem('story.late', Math.round(latest)); \
                localStorage.setItem('story.title', document.title); \
            } \
            const now = performance.now(); \
            setTimeout(() => tick(now), 20); \
        }; \
        tick(performance.now());";
    let noted = |what: &str| format!("localStorage.getItem('story.{what}')");
    story_in(engine, async |stage| {
        let ada = stage.stranger_with_background_as_usual("Ada").await;
        ada.visit("/").await;
        ada.welcome().enter("Ada").await;
        let bob = stage.server.join("Bob").await;
        let front = ada.tab().await;
        ada.rooms().open("kitchen").await;
        ada.rooms().go(LOBBY).await;
        let hidden = opens_another_tab(&ada).await;
        ada.run(NOTES, Vec::new()).await;
        ada.turn_to(&front).await;
        ada.bring_to_front().await;
        ada.visit(OTHER_PAGE).await;
        let late = noted("late");
        ada.expect_that("the timers of the hidden tab are throttled", &format!("{late} > 500"), &late).await;

        bob.publish(LOBBY, "one").await;
        bob.publish(LOBBY, "two").await;
        bob.publish("room:kitchen", "dinner").await;
        let title = noted("title");
        ada.expect_that("the tab counts them", &format!("{title} === '(3) Tidings'"), &title).await;

        ada.close_tab(&hidden).await;
        ada.expect_that("the tab is in front", "!document.hidden", "document.visibilityState").await;
        ada.timeline().expect_exactly(&["one", "two"]).await;
        ada.rooms().expect_all_read(LOBBY).await;
        ada.rooms().expect_unread("room:kitchen", 1).await;
        ada.says("I am here").await;
        ada.timeline().expect_exactly(&["one", "two", "I am here"]).await;
    })
    .await;
}

/// Each kind of error is found.
async fn errors_of_the_page_are_noticed(engine: Engine) {
    const ERRORS: &str = "addEventListener('load', () => { \
        setTimeout(() => { throw new Error('an exception of the story') }); \
        Promise.reject(new Error('a rejection of the story')); \
        console.error('an error of the story'); \
        new Image().src = 'http://127.0.0.1:9/policy-of-the-story.png'; });";
    story_in(engine, async |stage| {
        let ada = stage.stranger("Ada").await;
        for error in ["an exception of", "a rejection of", "an error of", "policy-of-the-story"] {
            ada.expects_mistake(&[error]);
        }
        ada.runs_first(ERRORS).await;
        ada.visit("/").await;
        ada.welcome().enter("Ada").await;
        ada.says("all is well").await;
    })
    .await;
}

/// A story also fails because of an error that it does not expect.
async fn an_unexpected_error_of_the_page_fails_a_story(engine: Engine) {
    const ERRORS: &str = "addEventListener('load', () => { \
        console.error('an unexpected error of the story'); \
        console.error('the last error of the story'); });";
    let told = story_in(engine, async |stage| {
        let ada = stage.stranger("Ada").await;
        // The story waits for this error, so the unexpected one has arrived then.
        ada.expects_mistake(&["the last error"]);
        ada.runs_first(ERRORS).await;
        ada.visit("/").await;
        ada.welcome().expect().await;
    });
    let failure = AssertUnwindSafe(told).catch_unwind().await.expect_err("the story fails");
    let message = failure.downcast_ref::<String>().expect("the message of an assertion");
    assert!(message.contains("an unexpected error") && !message.contains("the last error"), "{message}");
}

/// Stories find parts by a name that `look.js` computes; it must be the name that screen readers get.
async fn parts_have_the_names_that_the_browser_computes(engine: Engine) {
    story_in(engine, async |stage| {
        let ada = stage.visitor("Ada").await;
        ada.welcome().expect().await;
        ada.expect_computed_names().await;
        ada.welcome().enter("Ada").await;
        ada.says("hello").await;
        ada.rooms().open("kitchen").await;
        stage.server.api().publish(LOBBY, "unread").await;
        ada.rooms().expect_unread(LOBBY, 1).await;
        ada.wire().toggle().await;
        ada.expect_computed_names().await;
        ada.notices().open().await;
        ada.expect_computed_names().await;
        ada.profile().open().await;
        ada.expect_computed_names().await;
        ada.push_page().open().await;
        ada.expect_computed_names().await;
    })
    .await;
}
