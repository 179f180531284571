//! The request id of a refused request, and its log line.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::{Method, StatusCode};
use shared::protocol::{ErrorCode, Refusal};
use tokio::time::Instant;

use crate::random;
use crate::rate::RateLimit;
use crate::telemetry::metrics::Metrics;

/// Maximum lines per second of each worker for requests that a client can refuse itself, with a burst of twice as many. So nobody
/// fills the disk with wrong requests.
const LINES_PER_SECOND: u32 = 50;

/// Maximum characters of a path in a line.
const PATH_CHARS_MAX: usize = 200;

/// A refusal, as an extension of its response until it is logged.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    /// The id in the body and in the log line.
    pub(super) request_id: String,
    code: ErrorCode,
    message: String,
    /// What the client is not told.
    pub(super) cause: Option<String>,
}

impl Refused {
    /// Gives a refusal an id.
    pub(super) fn new(refusal: &Refusal, cause: Option<String>) -> Self {
        let Refusal { code, message, .. } = refusal;
        Self { request_id: request_id(), code: *code, message: message.clone(), cause }
    }
}

/// Returns an id that no other request has: the start of the server, and a number.
fn request_id() -> String {
    static START: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // Without randomness, only ids of different starts can be equal.
    let start = START.get_or_init(|| random::number().unwrap_or_default());
    format!("{:08x}-{}", start >> 32, NEXT.fetch_add(1, Ordering::Relaxed))
}

thread_local! {
    static LINES: RefCell<RateLimit> = RefCell::new(RateLimit::new(LINES_PER_SECOND, 2, Instant::now()));
}

/// Counts the refusal of a request, and writes its log line. Does nothing if the response is not a refusal.
pub fn report<B: MessageBody>(response: &HttpResponse<B>, method: &Method, path: &str, metrics: &Metrics) {
    let extensions = response.extensions();
    let Some(Refused { request_id, code, message, cause }) = extensions.get::<Refused>() else { return };
    metrics.refusals.count(*code);
    let is_internal = response.status() == StatusCode::INTERNAL_SERVER_ERROR;
    let has_room = || LINES.with_borrow_mut(|lines| lines.take(1.0, Instant::now()).is_ok());
    if !is_internal && !has_room() {
        return;
    }
    let (status, code, cause) = (response.status().as_u16(), code.as_str(), cause.as_deref());
    let path: String = path.chars().take(PATH_CHARS_MAX).collect();
    if is_internal {
        tracing::error!(target: "tidings::request", %request_id, %method, ?path, status, code, message, cause, "failed");
    } else {
        tracing::info!(target: "tidings::request", %request_id, %method, ?path, status, code, message, cause, "refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_requests_have_the_same_id() {
        let (one, other) = (request_id(), request_id());
        assert_ne!(one, other);
        assert_eq!(one.split('-').next(), other.split('-').next());
    }
}
