//! A native client that uses the same session as the app.

mod builder;
mod driver;
mod expectations;
mod journal;
mod native;
mod record;
mod socket;

pub use builder::ClientBuilder;
pub use journal::{Fate, Heard, Journal, Sent};
pub use native::{Client, Followed, Published, chat_text};

pub use crate::channels::channel;
