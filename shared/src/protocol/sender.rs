//! Who sent a message.

use serde::{Deserialize, Serialize};

use crate::ids::{DisplayName, UserId};
use crate::json::declare::object;

object! {
    [Read]
    /// Who sent something.
    #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub struct Sender {
        /// The user's id.
        pub user: UserId,
        /// The user's name at the time of sending.
        pub name: DisplayName,
    }
}
