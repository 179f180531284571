//! Tests of the texts, and of the rule that no other file contains words for a person.

mod literals;
mod sentences;
