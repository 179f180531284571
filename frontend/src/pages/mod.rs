//! The pages: what the address selects between the sidebar and the members.

mod chat;
mod push;

pub(crate) use chat::Chat;
pub(crate) use push::Push;
