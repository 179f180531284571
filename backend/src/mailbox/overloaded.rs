//! The refusal of what does not fit.

use shared::protocol::{ErrorCode, Refusal};

/// The server has more to do than it can.
pub fn overloaded() -> Refusal {
    const RETRY: std::time::Duration = std::time::Duration::from_secs(1);
    Refusal::for_now(ErrorCode::Overloaded, "The server has more to do than it can.", RETRY)
}
