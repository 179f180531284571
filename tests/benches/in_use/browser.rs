//! What is asked of somebody's browser by its own protocol.

use serde_json::{Value, json};
use tests::Person;

/// Asks the page's own part of the browser.
pub(crate) async fn ask(person: &Person, method: &str, parameters: Value) -> Value {
    let answer = person.driver().cdp().send_raw(method, parameters).await;
    answer.unwrap_or_else(|e| panic!("{method}: {e}"))
}

/// Lets the page's thread have only one part in `rate` of its time.
pub(crate) async fn slow_down(person: &Person, rate: f64) {
    ask(person, "Emulation.setCPUThrottlingRate", json!({ "rate": rate })).await;
}

/// The address of the WebSocket that steers the whole browser; only there its trace can be had.
pub(crate) async fn whole(person: &Person) -> String {
    let capabilities = person.driver().handle().capabilities();
    let options = capabilities.get("goog:chromeOptions");
    let address =
        options.and_then(|options| options["debuggerAddress"].as_str()).expect("Chromium's address");
    let version: Value = reqwest::get(format!("http://{address}/json/version"))
        .await
        .expect("the browser answers")
        .json()
        .await
        .expect("the browser's answer is JSON");
    version["webSocketDebuggerUrl"].as_str().expect("the browser's WebSocket").to_owned()
}
