//! The names and numbers of the domain. Each is a type of its own, and a name can only be created by parsing.

mod channel;
mod invalid;
mod json;
mod name;
mod number;

pub use channel::{ChannelName, Namespace};
pub use invalid::InvalidId;
pub use name::{DisplayName, UserId};
pub use number::{ConnectionId, Epoch, MessageId, Offset, RequestId};
