//! What the page knows, in plain Rust: no signal, no DOM, no clock. The components are views of this.

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
pub(crate) mod timeline;
pub(crate) mod toasts;
pub(crate) mod typing;
pub(crate) mod unread;
pub(crate) mod unsent;
pub(crate) mod wire;
