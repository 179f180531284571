//! Refusals as HTTP responses: the only file that names the status of an error, and the log line of a refused request.

use actix_web::error::{JsonPayloadError, PayloadError};
use actix_web::http::header::{
    ALLOW, HeaderValue, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use shared::json::{Fault, ReadError};
use shared::protocol::{ErrorCode, Refusal};

use super::refused::Refused;
use crate::store::LogError;

/// A refusal as an HTTP response. Its body is the JSON of a WebSocket's `error`, with a `request_id`.
#[derive(Debug)]
pub(crate) struct ApiError {
    refusal: Refusal,
    /// If it is not that of the code.
    status: Option<StatusCode>,
    /// The cause, for the log. The client does not see it.
    cause: Option<String>,
}

impl ApiError {
    /// Adds the cause, which is written to the log and not sent to the client.
    #[must_use]
    pub(crate) fn with_cause(self, cause: &dyn std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// Replaces the status of the code.
    #[must_use]
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status: Some(status), ..self }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, status: None, cause: None }
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        Self::from(error.refusal()).with_cause(&error)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.refusal.message)
    }
}

/// The body of an error response.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    refusal: &'a Refusal,
    request_id: &'a str,
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status.unwrap_or_else(|| status(self.refusal.code))
    }

    fn error_response(&self) -> HttpResponse {
        let Self { refusal, cause, .. } = self;
        let mut response = HttpResponseBuilder::new(self.status_code());
        if refusal.code == ErrorCode::Unauthorized {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if refusal.code == ErrorCode::UpgradeRequired {
            // RFC 9110 section 15.5.22 and RFC 6455 section 4.4: the protocol to upgrade to.
            response.insert_header((UPGRADE, "websocket")).insert_header((SEC_WEBSOCKET_VERSION, "13"));
        }
        if let Some(wait_ms) = refusal.retry_after_ms {
            // The header's unit is whole seconds (RFC 9110 section 10.2.3).
            response.insert_header((RETRY_AFTER, wait_ms.div_ceil(1000)));
        }
        let refused = Refused::new(refusal, cause.clone());
        let mut response = response.json(Body { refusal, request_id: &refused.request_id });
        response.extensions_mut().insert(refused);
        response
    }
}

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::NotJson
        | ErrorCode::UnknownType
        | ErrorCode::MissingField
        | ErrorCode::InvalidField
        | ErrorCode::InvalidChannel
        | ErrorCode::InvalidName
        | ErrorCode::BinaryUnsupported
        | ErrorCode::UnsupportedVersion
        | ErrorCode::HelloRequired
        | ErrorCode::AlreadyGreeted
        | ErrorCode::TooManySubscriptions
        | ErrorCode::NotSubscribed
        | ErrorCode::HistoryOff
        | ErrorCode::PresenceOff => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthorized | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::UnknownNamespace
        | ErrorCode::UnknownConnection
        | ErrorCode::UserOffline
        | ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::OutOfTurn => StatusCode::CONFLICT,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::TextTooLong | ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
        ErrorCode::RateLimited | ErrorCode::OutboxFull => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Overloaded | ErrorCode::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::StorageFailed => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::Internal | ErrorCode::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Returns the refusal of a body that cannot be read.
pub(super) fn bad_json(error: &JsonPayloadError, bytes_max: usize) -> ApiError {
    let refusal = match error {
        JsonPayloadError::Overflow { .. }
        | JsonPayloadError::OverflowKnownLength { .. }
        | JsonPayloadError::Payload(PayloadError::Overflow) => {
            let what = format!("The body is larger than {bytes_max} bytes.");
            Refusal::new(ErrorCode::PayloadTooLarge, what)
        }
        JsonPayloadError::ContentType => {
            Refusal::new(ErrorCode::NotJson, "The body must be JSON. Send Content-Type: application/json.")
        }
        other => Refusal::new(ErrorCode::NotJson, format!("The body is not valid JSON: {other}.")),
    };
    refusal.into()
}

/// Returns the refusal of a field that is not what it has to be.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    Refusal::new(ErrorCode::InvalidField, message).into()
}

/// Returns the refusal of a body that is JSON, but not what the request needs.
pub(super) fn invalid_body(error: ReadError, bytes_max: usize) -> ApiError {
    let code = match error.fault {
        // Half of a surrogate pair, for example.
        Fault::Syntax => return bad_json(&JsonPayloadError::Deserialize(error.error), bytes_max),
        Fault::Missing => ErrorCode::MissingField,
        Fault::Channel => ErrorCode::InvalidChannel,
        Fault::Invalid => ErrorCode::InvalidField,
    };
    Refusal::new(code, format!("The body cannot be read: {}.", error.error)).into()
}

/// Returns the refusal of a path or a query that cannot be read.
pub(super) fn bad_address(error: &dyn std::fmt::Display) -> ApiError {
    invalid(format!("The address cannot be read: {error}."))
}

/// Returns the refusal of an unknown address.
pub(super) async fn not_found() -> ApiError {
    Refusal::new(ErrorCode::NotFound, "There is nothing at this address.").into()
}

/// Returns the response to a method that a resource does not have: 204 to OPTIONS, 405 to others. Both name the methods in
/// `allow` (RFC 9110 sections 9.3.7 and 15.5.6).
pub(super) fn other_method(method: &Method, allow: &'static str) -> HttpResponse {
    let mut response = if *method == Method::OPTIONS {
        HttpResponse::NoContent().finish()
    } else {
        let what = format!("This address does not support the method. It supports {allow}.");
        ApiError::from(Refusal::new(ErrorCode::MethodNotAllowed, what)).error_response()
    };
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    response
}

impl actix_web::Responder for ApiError {
    type Body = actix_web::body::BoxBody;
    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
        self.error_response()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody as _;

    use super::*;

    #[test]
    fn every_code_has_a_status_of_an_error() {
        for code in ErrorCode::ALL {
            let status = status(*code);
            assert!(status.is_client_error() || status.is_server_error(), "{code:?}");
        }
    }

    #[test]
    fn the_cause_of_a_failure_is_for_the_log() {
        let error = ApiError::from(LogError::Failed("disk I/O error".to_owned()));
        let response = error.error_response();
        let refused = response.extensions().get::<Refused>().cloned().unwrap();
        let body = response.into_body().try_into_bytes().unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (&body["code"], &body["request_id"]),
            (&"storage_failed".into(), &refused.request_id.into())
        );
        assert!(!body["message"].as_str().unwrap().contains("disk I/O error"), "{body}");
        assert!(refused.cause.unwrap().contains("disk I/O error"));
    }

    #[test]
    fn the_statuses_that_clients_rely_on() {
        let pinned = [
            (ErrorCode::NotJson, 400),
            (ErrorCode::Unauthorized, 401),
            (ErrorCode::Forbidden, 403),
            (ErrorCode::UnknownConnection, 404),
            (ErrorCode::TextTooLong, 413),
            (ErrorCode::RateLimited, 429),
            (ErrorCode::Overloaded, 503),
            (ErrorCode::StorageFailed, 507),
        ];
        for (code, number) in pinned {
            assert_eq!(status(code).as_u16(), number, "{code:?}");
        }
    }
}
