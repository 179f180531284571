//! English.

mod refusals;
mod sentences;
mod words;

pub(super) use sentences::English;
pub(super) use words::WORDS;
