//! The channel with a user's own notifications, and how far it is loaded.

use shared::ids::{ChannelName, Namespace, Offset, UserId};

/// The loading of the inbox.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    pub(super) has_loaded: bool,
    /// The `before` of the next page, or of the open request.
    pub(super) before: Option<Offset>,
    pub(super) is_requested: bool,
    pub(super) pages: usize,
}

/// Returns the channel that only `user` reads.
pub(super) fn inbox_of(user: &UserId) -> Option<ChannelName> {
    Namespace::parse("inbox").ok().map(|inbox| ChannelName::of_user(&inbox, user))
}
