//! The protocol as others see it: its golden files, its page in the documentation, and what holds for every message.
#![allow(clippy::unwrap_used, reason = "a test that fails is told where by the panic itself")]

mod arbitrary;
mod documentation;
mod golden;
mod properties;
mod story;
