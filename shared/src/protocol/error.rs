//! Why the server refuses something.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::code::ErrorCode;
use crate::ids::RequestId;
use crate::json::declare::object;
#[cfg(feature = "server")]
use crate::json::{Fault, ReadError};
use crate::json::{Fields, ReadFields, Unreadable};
#[cfg(feature = "server")]
use crate::limits::REFUSAL_CHARS_MAX;

object! {
    [Read]
    /// A refusal: a code for programs, a sentence for a person, and when to retry.
    ///
    /// It is the body of the WebSocket's `error` and of every unsuccessful HTTP response.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Refusal {
        /// What is wrong.
        pub code: ErrorCode,
        /// A sentence for a person.
        pub message: String,
        /// If present, the client may retry after this many milliseconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub retry_after_ms: Option<u64>,
        /// The turn that starts with this refusal, if it is retryable and the `publish` had a turn.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub turn: Option<u64>,
    }
}

object! {
    [Read]
    /// A refusal, and the request that it answers.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ErrorReply {
        /// The id of the request, if the server could read it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<RequestId>,
        /// What was refused and why.
        pub refusal: Refusal = flatten,
    }
}

impl Refusal {
    /// Returns a refusal that a retry does not change.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_ms: None, turn: None }
    }

    /// Returns a retryable refusal: the same request may succeed after `wait`.
    pub fn for_now(code: ErrorCode, message: impl Into<String>, wait: Duration) -> Self {
        let retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        Self { code, message: message.into(), retry_after_ms, turn: None }
    }

    /// Reads the body of an unsuccessful HTTP response.
    ///
    /// # Errors
    /// [`Unreadable`] if the text is not a refusal.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        Self::read_fields(&mut Fields::parse(text)?)
    }

    /// Returns the refusal of a `noun` that serde could not read.
    #[cfg(feature = "server")]
    pub(super) fn of_error(noun: &str, error: &ReadError) -> Self {
        let code = match error.fault {
            Fault::Missing => ErrorCode::MissingField,
            Fault::Syntax | Fault::Channel | Fault::Invalid => ErrorCode::InvalidField,
        };
        Self::unreadable(noun, code, &error.error)
    }

    /// Returns the refusal of a `noun` with serde's sentence, without the place in the text. The sentence may quote what
    /// was sent, so its length has a limit.
    #[cfg(feature = "server")]
    pub(super) fn unreadable(noun: &str, code: ErrorCode, error: &serde_json::Error) -> Self {
        let sentence = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let sentence = sentence.strip_suffix(&place).unwrap_or(&sentence);
        let mut shown: String = sentence.chars().take(REFUSAL_CHARS_MAX).collect();
        shown.push(if shown.len() < sentence.len() { '…' } else { '.' });
        Self::new(code, format!("The {noun} cannot be read: {shown}"))
    }
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;
    use crate::json::from_text;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_cannot_be_read_is_refused_with_a_sentence_of_bounded_length() {
        let refused = |text: &str| {
            let refusal = Refusal::of_error("payload", &from_text::<Refusal>(text).unwrap_err());
            (refusal.code, refusal.message)
        };
        let missing = "The payload cannot be read: missing field `code`.".to_owned();
        assert_eq!(refused("{}"), (ErrorCode::MissingField, missing));
        let (code, message) =
            refused(&format!(r#"{{"code":"internal","message":["{}"]}}"#, "ä".repeat(1000)));
        assert_eq!(code, ErrorCode::InvalidField);
        assert!(message.starts_with("The payload cannot be read: invalid type"), "{message}");
        let (_, message) =
            refused(&format!(r#"{{"code":"internal","message":"","turn":"{}"}}"#, "ä".repeat(1000)));
        assert!(message.ends_with("ä…") && message.chars().count() < REFUSAL_CHARS_MAX + 40, "{message}");
    }
}
