//! The app starts, fails to start, or stops: in each case the page says what happened and what to do.

use serde_json::Value;
use tests::browser::{Person, Screen, Sight, story};
use tests::{Gateway, Instead, LOBBY};

/// What is shown until the app has started. It is a frame without a role.
fn shell() -> Sight {
    Sight::marked("boot")
}

fn alert() -> Sight {
    Sight::role("alert").inside(shell())
}

fn reload() -> Sight {
    Sight::button("Reload").inside(shell())
}

/// Waits until the app has started and the placeholder is removed.
async fn expect_started(person: &Person) {
    person.welcome().expect().await;
    person.expect_none_so_far(shell()).await;
}

#[tokio::test]
async fn something_is_shown_before_the_app_has_come() {
    // The document is interactive when it has been parsed and no module has run.
    const NOTE: &str = "document.addEventListener('readystatechange', () => { \
        if (document.readyState === 'interactive') window.atFirst = document.body.innerText; });";
    story(async |stage| {
        let ada = stage.stranger("Ada").await;
        ada.runs_first(NOTE).await;
        ada.visit("/").await;
        expect_started(&ada).await;
        let at_first = ada.run("return window.atFirst.trim()", Vec::new()).await;
        assert_eq!(at_first, "Loading Tidings…");
    })
    .await;
}

#[tokio::test]
async fn a_slow_connection_is_called_so_and_the_app_starts_when_it_is_there() {
    // This would be too long for a test.
    const IMPATIENCE: &str = "const wait = window.setTimeout; \
        window.setTimeout = (run, ms, ...rest) => wait(run, ms >= 5000 ? 0 : ms, ...rest);";
    story(async |stage| {
        let gateway = Gateway::that_answers(stage.server.address(), ".wasm", Instead::Silence).await;
        let ada = stage.stranger_at("Ada", &gateway.url(), Screen::Wide).await;
        ada.runs_first(IMPATIENCE).await;
        ada.visit("/").await;
        ada.expect_text(shell(), "The connection is slow").await;
        ada.expect_none_so_far(alert()).await;
        gateway.pass_all();
        ada.click(reload()).await;
        expect_started(&ada).await;
    })
    .await;
}

#[tokio::test]
async fn an_app_that_does_not_arrive_is_told_and_can_be_loaded_anew() {
    story(async |stage| {
        for ending in [".wasm", ".js"] {
            for instead in [Instead::Status(503), Instead::Html, Instead::Hangup] {
                let gateway = Gateway::that_answers(stage.server.address(), ending, instead).await;
                let ada = stage.stranger_at("Ada", &gateway.url(), Screen::Wide).await;
                let told = ["TypeError", "CompileError", "failed to fetch", "Failed to load"];
                ada.expects_mistake(&told);
                ada.visit("/").await;
                ada.expect_text(alert(), "Tidings could not be loaded").await;
                ada.expect_text(alert(), "Check your connection, then reload the page").await;
                gateway.pass_all();
                ada.click(reload()).await;
                expect_started(&ada).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_cannot_run_the_app_is_told_why() {
    story(async |stage| {
        let ada = stage.stranger("Ada").await;
        ada.expects_mistake(&["WebAssembly is not defined"]);
        ada.runs_first("delete globalThis.WebAssembly").await;
        ada.visit("/").await;
        ada.expect_text(alert(), "This browser cannot run Tidings").await;
        ada.expect_text(alert(), "WebAssembly is turned off").await;
        ada.expect_none_so_far(Sight::role("status").inside(shell())).await;
    })
    .await;
}

#[tokio::test]
async fn an_app_that_has_stopped_says_so_and_goes_on_after_a_reload() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        ada.expects_mistake(&["panicked at"]);
        ada.expects_mistake(&["unreachable", "no more elements"]);
        // No action on the page makes it panic; a browser that creates no element does.
        let break_it = "Document.prototype.createElement = () => { throw new Error('no more elements') }; \
            Node.prototype.cloneNode = Document.prototype.createElement;";
        ada.run(break_it, Vec::new()).await;
        stage.server.api().publish(LOBBY, "hello").await;
        ada.expect_text(alert(), "Tidings has stopped").await;
        ada.expect_text(alert(), "panicked at").await;
        let focused = ada.run("return document.activeElement.innerText", Vec::new()).await;
        assert_eq!(focused, Value::from("Reload"));
        ada.click(reload()).await;
        ada.timeline().expect_text("hello").await;
        ada.expect_none_so_far(shell()).await;
    })
    .await;
}

#[tokio::test]
async fn an_error_of_another_script_stops_nothing() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        ada.expects_mistake(&["not of the page"]);
        let scripts = "setTimeout(() => { throw new Error('not of the page') }); \
            Promise.reject(new Error('not of the page')); \
            new ResizeObserver(() => {}).observe(document.body);";
        ada.run(scripts, Vec::new()).await;
        ada.says("all is well").await;
        ada.expect_none_so_far(shell()).await;
    })
    .await;
}
