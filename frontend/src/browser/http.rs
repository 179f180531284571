//! Client of the HTTP API, for the push page.

use gloo_net::http;
use shared::protocol::{ErrorCode, Refusal};

use crate::core::push_form::{Outcome, Request};
use crate::core::texts::{sentences, words};

/// Sends `request` with the API key `key`, and returns what the reader should see.
pub(crate) async fn post(request: &Request, key: &str) -> Outcome {
    // The browser throws for a header with other characters, and gloo-net does not catch it.
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let refusal = Refusal::new(ErrorCode::Unauthorized, "");
        return Outcome::Refused(sentences().push_refused(&refusal));
    }
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
