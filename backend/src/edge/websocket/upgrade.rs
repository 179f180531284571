//! Decides which requests may become a WebSocket (RFC 6455 section 4.2.1), for all transports.

use actix_http::{RequestHead, Version, ws};
use actix_web::http::header::{CONTENT_LENGTH, SEC_WEBSOCKET_KEY, TRANSFER_ENCODING, UPGRADE};
use shared::protocol::{ErrorCode, Refusal};

use super::origin;
use crate::config::Settings;
use crate::edge::refusal::ApiError;
use crate::telemetry::Events;

/// Checks a request for a WebSocket handshake.
///
/// # Errors
/// [`ApiError`] if the request is not a WebSocket handshake, or comes from a foreign page. Its message names what is missing,
/// because a proxy in front is often the cause.
pub(super) fn check(request: &RequestHead, settings: &Settings, events: &Events) -> Result<(), ApiError> {
    origin::check(request.headers(), settings, events)?;
    if request.version < Version::HTTP_11 {
        return Err(refused(
            "the request is HTTP/1.0, and HTTP/1.1 is needed. A proxy in front may have changed it",
        ));
    }
    if has_body(request) {
        return Err(refused("the request has a body"));
    }
    ws::verify_handshake(request).map_err(|error| refused(reason(&error)))?;
    let is_one = |name, value: &str| {
        let mut values = request.headers().get_all(name);
        let first = values
            .next()
            .is_some_and(|first| value.is_empty() || first.as_bytes().eq_ignore_ascii_case(value.as_bytes()));
        first && values.next().is_none()
    };
    // actix's dispatcher passes the frames on only if it recognises the upgrade, and it does not recognise it in a list of protocols.
    if !is_one(UPGRADE, "websocket") {
        return Err(refused("the header Upgrade has to be “websocket” and nothing else"));
    }
    if !is_one(SEC_WEBSOCKET_KEY, "") {
        return Err(refused("there are several headers Sec-WebSocket-Key"));
    }
    Ok(())
}

/// Returns the refusal of a request that is not a WebSocket handshake.
pub(super) fn refused(reason: &str) -> ApiError {
    let what = format!("This address speaks WebSocket, and this is not its handshake: {reason}.");
    ApiError::from(Refusal::new(ErrorCode::UpgradeRequired, what))
}

/// Returns whether the request has a body, which would be read as frames. Some clients declare a length of 0, which is no body.
fn has_body(request: &RequestHead) -> bool {
    let length = request.headers().get(CONTENT_LENGTH);
    request.headers().contains_key(TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

fn reason(error: &ws::HandshakeError) -> &'static str {
    use ws::HandshakeError as Wrong;
    match error {
        Wrong::GetMethodRequired => "the method is not GET",
        Wrong::NoWebsocketUpgrade => {
            "the header “Upgrade: websocket” is missing. A proxy in front has to pass it on"
        }
        Wrong::NoConnectionUpgrade => {
            "the header “Connection: Upgrade” is missing. A proxy in front has to pass it on"
        }
        Wrong::NoVersionHeader | Wrong::UnsupportedVersion => "Sec-WebSocket-Version is not 13",
        Wrong::BadWebsocketKey => "Sec-WebSocket-Key is not 16 bytes in base64",
    }
}

#[cfg(test)]
mod tests {
    use actix_http::header::{CONNECTION, HeaderName, UPGRADE};
    use actix_http::test::TestRequest;
    use actix_http::{ConnectionType, Request};

    use super::*;

    fn handshake() -> TestRequest {
        let mut request = TestRequest::default();
        request.insert_header((UPGRADE, "websocket")).insert_header((CONNECTION, "keep-alive, Upgrade"));
        request.insert_header(("sec-websocket-version", "13"));
        request.insert_header(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="));
        request
    }

    fn with(name: &'static str, value: &'static str) -> Request {
        handshake().insert_header((HeaderName::from_static(name), value)).finish()
    }

    fn said(mut request: Request) -> String {
        let head = request.head_mut();
        let connection = head.headers().get(CONNECTION).map(|value| value.to_str().unwrap());
        if connection.is_some_and(|options| options.contains("Upgrade")) {
            // The codec derives this from the header, but this request was not decoded.
            head.set_connection_type(ConnectionType::Upgrade);
        }
        let checked = check(request.head(), &Settings::default(), &Events::default());
        checked.map_or_else(|refused| refused.to_string(), |()| "taken".to_owned())
    }

    #[test]
    fn a_handshake_may_declare_an_empty_body() {
        assert_eq!(said(handshake().finish()), "taken");
        assert_eq!(said(with("content-length", "0")), "taken");
        assert_eq!(said(with("connection", "Upgrade")), "taken");
    }

    #[test]
    fn the_refusal_names_what_is_missing() {
        for (name, value, word) in [
            ("content-length", "5", "body"),
            ("transfer-encoding", "chunked", "body"),
            ("upgrade", "h2c", "Upgrade: websocket"),
            ("upgrade", "websocket, h2c", "nothing else"),
            ("upgrade", "websocket/13", "nothing else"),
            ("connection", "close", "Connection: Upgrade"),
            ("sec-websocket-version", "8", "Sec-WebSocket-Version"),
            ("sec-websocket-key", "c2hvcnQ=", "Sec-WebSocket-Key"),
        ] {
            let said = said(with(name, value));
            assert!(said.contains(word), "{name}: {value}: {said}");
        }
        for (name, value) in [("upgrade", "websocket"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")] {
            let twice = handshake().append_header((HeaderName::from_static(name), value)).finish();
            assert_ne!(said(twice), "taken", "{name}");
        }
        let old = said(handshake().version(Version::HTTP_10).finish());
        assert!(old.contains("HTTP/1.1"), "{old}");
    }
}
