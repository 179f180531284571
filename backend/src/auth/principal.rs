//! Who acts: the subject of every permission check.

use shared::ids::UserId;
use shared::protocol::{ErrorCode, Refusal, Sender};
use thiserror::Error;

/// Who a connection acts as: what its token, or the server for a guest, vouches for.
///
/// A connection has none before `hello`, and may do nothing until then. While the connection is open, a principal of the same
/// user may replace it. All permission checks get the whole principal, so rights or an expiry of a token would be fields here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The user id, and the display name in what the user sends.
    pub sender: Sender,
}

impl Principal {
    /// The user id.
    pub fn user(&self) -> &UserId {
        &self.sender.user
    }

    /// Checks that `new` may replace this principal on an open connection.
    ///
    /// The user id must be the same, because presence, pushes to a user and the list of a user's connections are keyed by it.
    /// Everything else may differ.
    ///
    /// # Errors
    /// [`OtherUser`].
    pub(crate) fn check_replacement(&self, new: &Self) -> Result<(), OtherUser> {
        if self.user() == new.user() { Ok(()) } else { Err(OtherUser) }
    }
}

/// The new principal of an open connection is another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("An open connection cannot change its user. Open another connection.")]
pub struct OtherUser;

impl From<OtherUser> for Refusal {
    fn from(error: OtherUser) -> Self {
        Self::new(ErrorCode::Forbidden, error.to_string())
    }
}

/// The subject of a permission check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A caller of the HTTP API with the right API key. It may do everything that a channel offers.
    ApiKey,
    /// A user, or a guest.
    Principal(&'a Principal),
}
