//! The models of the app in plain Rust, without signals, DOM and clock. The components render them.

pub(crate) mod case;
pub(crate) mod composer;
pub(crate) mod curl;
pub(crate) mod links;
pub(crate) mod notifications;
pub(crate) mod paging;
pub(crate) mod people;
pub(crate) mod push_form;
pub(crate) mod rooms;
pub(crate) mod route;
pub(crate) mod status;
pub(crate) mod texts;
pub(crate) mod timeline;
pub(crate) mod toasts;
pub(crate) mod typing;
#[allow(dead_code, reason = "the views use the badge and the title of `texts`; remove both here")]
pub(crate) mod unread;
pub(crate) mod unsent;
pub(crate) mod wire;
