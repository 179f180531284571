//! Client of the HTTP API, for the push page.

use gloo_net::http;

use crate::core::push_form::{Outcome, Request};
use crate::core::texts::words;

/// Sends `request` with the API key `key`, and returns what the reader should see.
pub(crate) async fn post(request: &Request, key: &str) -> Outcome {
    let sent = http::Request::post(request.path)
        .header("Authorization", &format!("Bearer {key}"))
        .header("Content-Type", "application/json")
        .body(request.body.clone());
    let answer = match sent {
        Ok(sent) => sent.send().await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => Outcome::read(answer.ok(), answer.status(), &answer.text().await.unwrap_or_default()),
        Err(_) => Outcome::Refused(words().server_unreachable.to_owned()),
    }
}
