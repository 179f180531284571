//! The key of the HTTP API.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use shared::protocol::{ErrorCode, Refusal};
use subtle::ConstantTimeEq;

use super::error::ApiError;

/// The key that requests have to show.
#[derive(Clone)]
pub(super) struct ApiKey(Arc<str>);

impl ApiKey {
    pub(super) fn new(key: &Arc<str>) -> Self {
        Self(Arc::clone(key))
    }

    fn opens(&self, request: &HttpRequest) -> bool {
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = header.and_then(|value| value.split_once(' '));
        shown.is_some_and(|(scheme, key)| {
            scheme.eq_ignore_ascii_case("bearer")
                && bool::from(key.trim().as_bytes().ct_eq(self.0.as_bytes()))
        })
    }
}

/// A request that has shown the key. Handlers that take one cannot be reached without.
pub(super) struct Authorized;

impl FromRequest for Authorized {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let opens = request.app_data::<ApiKey>().is_some_and(|key| key.opens(request));
        let refused = || {
            let what = "The API key is missing or wrong. Send “Authorization: Bearer KEY”; the key is in the file api-key of the data directory.";
            ApiError(Refusal::new(ErrorCode::Unauthorized, what))
        };
        ready(if opens { Ok(Self) } else { Err(refused()) })
    }
}
