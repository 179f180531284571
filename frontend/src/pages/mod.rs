//! What fills the middle of the screen.

mod chat;
mod push;

pub(crate) use chat::Chat;
pub(crate) use push::Push;
