//! English.

mod refusals;
mod sentences;
mod words;

pub(super) use words::WORDS;

/// The sentences in English.
pub(super) struct English;
