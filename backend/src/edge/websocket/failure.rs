//! Close codes for protocol violations of a peer.

use actix_http::ws::ProtocolError;
use shared::protocol::CloseCode;

/// Returns the close code for an error (RFC 6455 section 7.4.1), or `None` if the peer is just gone.
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
