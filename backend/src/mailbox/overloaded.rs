//! The refusal of requests that exceed a limit of the server.

use shared::protocol::{ErrorCode, Refusal};

/// Returns the refusal `overloaded`. The client may retry after one second.
pub fn overloaded() -> Refusal {
    const RETRY: std::time::Duration = std::time::Duration::from_secs(1);
    Refusal::for_now(ErrorCode::Overloaded, "The server is overloaded.", RETRY)
}
