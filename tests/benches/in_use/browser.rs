//! Requests to the browser by its own protocol.

use serde_json::{Value, json};
use tests::Person;

/// Sends a request to the page's session.
pub(crate) async fn ask(person: &Person, method: &str, parameters: Value) -> Value {
    let answer = person.driver().cdp().send_raw(method, parameters).await;
    answer.unwrap_or_else(|e| panic!("{method}: {e}"))
}

/// Slows the page's thread down by this factor.
pub(crate) async fn slow_down(person: &Person, rate: f64) {
    ask(person, "Emulation.setCPUThrottlingRate", json!({ "rate": rate })).await;
}

/// Returns the address of the WebSocket that controls the whole browser; only there a trace can be made.
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
