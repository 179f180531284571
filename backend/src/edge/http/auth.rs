//! Authenticates requests to the HTTP API with the API key.

use std::cell::RefCell;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use tokio::time::Instant;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use sha2::{Digest as _, Sha256};
use shared::protocol::{ErrorCode, Refusal};
use subtle::ConstantTimeEq;

use super::parts::Part;
use crate::config::{MetricsAccess, Settings};
use crate::edge::refusal::ApiError;
use crate::rate::RateLimit;

/// Maximum number of false keys that each worker answers with `unauthorized` per second, with a burst of twice as many; further
/// ones get `rate_limited`. The key cannot be guessed in any case, but attempts must not be fast, nor fill the log.
const FALSE_KEYS_PER_SECOND: u32 = 50;

type Digest = [u8; 32];

/// The API key that requests must have.
#[derive(Clone)]
pub(super) struct ApiKey {
    /// Digest of the key. Comparing two digests takes the same time whatever the length of the presented key, so the time does
    /// not reveal the length of the right one.
    digest: Digest,
    false_keys: Rc<RefCell<RateLimit>>,
}

impl ApiKey {
    pub(super) fn new(key: &Arc<str>) -> Self {
        let false_keys = RateLimit::new(FALSE_KEYS_PER_SECOND, 2, Instant::now());
        Self { digest: Sha256::digest(key.as_bytes()).into(), false_keys: Rc::new(RefCell::new(false_keys)) }
    }

    fn opens(&self, request: &HttpRequest) -> bool {
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = header.and_then(|value| value.trim().split_once(' '));
        shown.is_some_and(|(scheme, key)| {
            let digest: Digest = Sha256::digest(key.trim().as_bytes()).into();
            scheme.eq_ignore_ascii_case("bearer") && bool::from(digest.ct_eq(&self.digest))
        })
    }

    fn refusal(&self) -> Refusal {
        if let Err(wait) = self.false_keys.borrow_mut().take(1.0, Instant::now()) {
            let what = "Too many requests came with a wrong key, or none. Wait a moment.";
            return Refusal::for_now(ErrorCode::RateLimited, what, wait);
        }
        let what = "The API key is missing or wrong. Send “Authorization: Bearer KEY”; the key is in the file api-key of the data directory.";
        Refusal::new(ErrorCode::Unauthorized, what)
    }
}

/// A request with the right API key. A handler with this parameter cannot run without it.
pub(super) struct Authorized;

/// A request that may read the counters: any request or, with `--metrics key`, one with the right API key.
pub(super) struct MayReadMetrics;

impl FromRequest for MayReadMetrics {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let settings = request.app_data::<Part<Arc<Settings>>>();
        if settings.is_some_and(|settings| settings.0.metrics == MetricsAccess::Open) {
            return ready(Ok(Self));
        }
        ready(Authorized::from_request(request, payload).into_inner().map(|_| Self))
    }
}

impl FromRequest for Authorized {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let unknown = || Refusal::new(ErrorCode::Internal, "The server has no API key.");
        let result = match request.app_data::<ApiKey>() {
            Some(key) if key.opens(request) => Ok(Self),
            Some(key) => Err(key.refusal()),
            None => Err(unknown()),
        };
        ready(result.map_err(ApiError::from))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// Returns whether a request with the key `shown` is authorized.
    fn opens(key: &ApiKey, shown: &str) -> bool {
        let header = (AUTHORIZATION, format!("Bearer {shown}"));
        key.opens(&TestRequest::default().insert_header(header).to_http_request())
    }

    #[test]
    fn keys_of_all_lengths_are_compared_by_digests_of_one_length() {
        let texts =
            ["k".to_owned(), "0123456789abcdef".to_owned(), "0123456789abcdeF".to_owned(), "x".repeat(1000)];
        for text in &texts {
            let mut key = ApiKey::new(&Arc::from(text.as_str()));
            assert_eq!(key.digest[..], Sha256::digest(text)[..]);
            for shown in &texts {
                assert_eq!(opens(&key, shown), shown == text, "{shown}");
            }
            assert!(!opens(&key, &text[1..]), "a part of the key");
            // The digest alone decides: with that of another key, only the other key opens.
            let other = format!("{text}{text}");
            key.digest = Sha256::digest(&other).into();
            assert_eq!((opens(&key, &other), opens(&key, text)), (true, false));
        }
    }
}
