//! The close codes of what a peer does wrong.

use actix_http::ws::ProtocolError;
use shared::protocol::CloseCode;

/// What the peer has done wrong (RFC 6455 section 7.4.1); nothing where it is just gone.
pub(super) fn close_code(error: &ProtocolError) -> Option<CloseCode> {
    match error {
        ProtocolError::Overflow => Some(CloseCode::TOO_BIG),
        ProtocolError::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Some(CloseCode::INVALID_TEXT)
        }
        ProtocolError::Io(_) => None,
        _ => Some(CloseCode::PROTOCOL),
    }
}
