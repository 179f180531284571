//! The request id of a refused request, and its event.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::Method;
use shared::protocol::{ErrorCode, Refusal};

use crate::random;
use crate::telemetry::event::RequestRefused;
use crate::telemetry::{Event, Events};

/// A refusal, as an extension of its response until it is emitted.
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

/// Emits the refusal of a request. Does nothing if the response is not a refusal.
pub fn report<B: MessageBody>(response: &HttpResponse<B>, method: &Method, path: &str, events: &Events) {
    let extensions = response.extensions();
    let Some(Refused { request_id, code, message, cause }) = extensions.get::<Refused>() else { return };
    events.emit(Event::RequestRefused(RequestRefused {
        request_id,
        method: method.as_str(),
        path,
        status: response.status().as_u16(),
        code: *code,
        message,
        cause: cause.as_deref(),
    }));
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
