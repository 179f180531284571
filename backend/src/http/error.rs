//! From refusals to HTTP: the only file that names a status code for an error.

use actix_web::error::{JsonPayloadError, PayloadError};
use actix_web::http::header::{
    ALLOW, HeaderValue, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use shared::json::{Fault, ReadError};
use shared::protocol::{ErrorCode, Refusal};

/// A refusal as an HTTP answer. Its body is the same JSON that a WebSocket's `error` carries.
#[derive(Debug)]
pub struct ApiError(pub Refusal);

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        status(self.0.code)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status_code());
        if self.0.code == ErrorCode::Unauthorized {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if self.0.code == ErrorCode::UpgradeRequired {
            // RFC 9110 section 15.5.22 and RFC 6455 section 4.4: what to upgrade to.
            response.insert_header((UPGRADE, "websocket")).insert_header((SEC_WEBSOCKET_VERSION, "13"));
        }
        if let Some(wait_ms) = self.0.retry_after_ms {
            // Whole seconds are the header's unit (RFC 9110 section 10.2.3).
            response.insert_header((RETRY_AFTER, wait_ms.div_ceil(1000)));
        }
        response.json(&self.0)
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

/// The server cannot do its work until somebody acts.
pub(super) fn not_ready(refusal: &Refusal) -> HttpResponse {
    HttpResponse::ServiceUnavailable().json(refusal)
}

/// A body that is not what it should be.
pub(super) fn bad_json(error: &JsonPayloadError) -> ApiError {
    let refusal = match error {
        JsonPayloadError::Overflow { .. }
        | JsonPayloadError::OverflowKnownLength { .. }
        | JsonPayloadError::Payload(PayloadError::Overflow) => {
            let what = format!("The body is larger than {} bytes.", super::BODY_BYTES_MAX);
            Refusal::new(ErrorCode::PayloadTooLarge, what)
        }
        JsonPayloadError::ContentType => {
            Refusal::new(ErrorCode::NotJson, "The body has to be JSON: send Content-Type: application/json.")
        }
        other => Refusal::new(ErrorCode::NotJson, format!("The body is not the JSON that is due: {other}.")),
    };
    ApiError(refusal)
}

/// The refusal of a body that is JSON, but not what the request needs.
pub(super) fn invalid_body(error: ReadError) -> ApiError {
    let code = match error.fault {
        // Half of a surrogate pair, for example.
        Fault::Syntax => return bad_json(&JsonPayloadError::Deserialize(error.error)),
        Fault::Missing => ErrorCode::MissingField,
        Fault::Channel => ErrorCode::InvalidChannel,
        Fault::Invalid => ErrorCode::InvalidField,
    };
    ApiError(Refusal::new(code, format!("The body cannot be read: {}.", error.error)))
}

/// A part of the address that is not what it should be.
pub(super) fn bad_address(error: &dyn std::fmt::Display) -> ApiError {
    super::invalid(format!("The address cannot be read: {error}."))
}

/// There is nothing there.
pub(super) async fn not_found() -> ApiError {
    ApiError(Refusal::new(ErrorCode::NotFound, "There is nothing at this address."))
}

/// Answers a method that a resource does not have: OPTIONS with 204, any other with 405. Both name the methods in
/// `allow` (RFC 9110 sections 9.3.7 and 15.5.6).
pub(super) fn other_method(method: &Method, allow: &'static str) -> HttpResponse {
    let mut response = if *method == Method::OPTIONS {
        HttpResponse::NoContent().finish()
    } else {
        let what = format!("This address does not take that method. It takes {allow}.");
        ApiError(Refusal::new(ErrorCode::MethodNotAllowed, what)).error_response()
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
    use super::*;

    #[test]
    fn every_code_has_a_status_of_an_error() {
        for code in ErrorCode::ALL {
            let status = status(*code);
            assert!(status.is_client_error() || status.is_server_error(), "{code:?}");
        }
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
