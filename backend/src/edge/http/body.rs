//! Reads the JSON body of a request within a time limit. `JsonConfig` in [`configure`](super::configure) limits its bytes.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::Json;
use actix_web::{Error, FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use shared::json::from_text;
use shared::limits::PAYLOAD_BYTES_MAX;
use shared::protocol::{ErrorCode, Refusal};
use tokio::time::timeout;

use crate::edge::refusal::{ApiError, invalid_body};

/// Maximum bytes of a request body: a payload and the fields around it.
pub(super) const BODY_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + 4 * 1024;

/// Maximum time that a body may take to arrive, in milliseconds. Without it, a client that sends one byte at a time keeps its
/// connection for ever.
const BODY_MS_MAX: u64 = 30_000;

/// A body that was read and decoded.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // The text stays available: if it is not a `T`, the reason is in it.
        let json = Json::<Box<RawValue>>::from_request(request, payload);
        Box::pin(async move {
            match timeout(Duration::from_millis(BODY_MS_MAX), json).await {
                Ok(read) => {
                    Ok(Self(from_text(read?.get()).map_err(|error| invalid_body(error, BODY_BYTES_MAX))?))
                }
                Err(_) => {
                    let what = format!("The body did not arrive within {} s.", BODY_MS_MAX / 1000);
                    Err(ApiError::from(Refusal::new(ErrorCode::NotJson, what)).into())
                }
            }
        })
    }
}
