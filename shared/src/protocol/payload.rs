//! The content of a message.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::code::ErrorCode;
use super::error::Refusal;
use super::level::Level;
use crate::ids::MessageId;
use crate::json::declare::tagged;
use crate::json::{self, Fields, ReadFields, Unreadable, WriteFields, Writer};
use crate::limits::{
    CUSTOM_NAME_BYTES_MAX, DATA_DEPTH_MAX, EMOJI_BYTES_MAX, LINK_BYTES_MAX, PAYLOAD_BYTES_MAX,
    TEXT_BYTES_MAX, TITLE_BYTES_MAX,
};
use crate::text::is_blank;

tagged! {
    [Try] [Write]
    /// The content of a message or a push.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub enum Payload by "type" {
        /// A chat message.
        Chat = "chat" {
            /// The plain text.
            text: String,
            /// The message that this one answers.
            #[serde(skip_serializing_if = "Option::is_none")]
            reply_to: Option<MessageId>,
        },
        /// An event that a person should know about.
        Notification = "notification" {
            /// The headline.
            title: String,
            /// The text below it; may be empty.
            body: String = default,
            /// How serious it is.
            level: Level = default,
            /// Where to read on: `https:`, `http:`, or a path of the same site beginning with one `/`.
            #[serde(skip_serializing_if = "Option::is_none")]
            link: Option<String>,
        },
        /// Replaces the text of an earlier chat message of the same sender.
        Edit = "edit" {
            /// The message.
            of: MessageId,
            /// Its new text.
            text: String,
        },
        /// Withdraws an earlier message of the same sender.
        Retract = "retract" {
            /// The message.
            of: MessageId,
        },
        /// Adds or removes the sender's reaction to a message.
        Reaction = "reaction" {
            /// The message.
            of: MessageId,
            /// The emoji.
            emoji: String,
            /// Whether the reaction is present from now on.
            on: bool,
        },
        /// Data of an application.
        Custom = "custom" {
            /// The application's name for this kind of data.
            name: String,
            /// The data.
            data: Value = default,
        },
        ..
        /// A payload that this version does not know or cannot read. A later server may send it; nobody can publish it.
        #[serde(skip)]
        Unknown {
            /// The value of `type`; empty if there is none.
            kind: String,
        },
    }
}

/// Accepts everything: a payload that this version cannot read must not hide the message with it, whose offset counts.
impl ReadFields for Payload {
    fn read_fields(fields: &mut Fields) -> Result<Self, Unreadable> {
        let kind = fields.read::<String>("type").unwrap_or_default();
        Ok(Self::read_variant(&kind, fields).unwrap_or(Self::Unknown { kind }))
    }
}

impl Payload {
    /// Returns a chat message that is not a reply.
    pub fn chat(text: impl Into<String>) -> Self {
        Self::Chat { text: text.into(), reply_to: None }
    }

    /// Returns the JSON of the payload.
    pub fn to_json(&self) -> String {
        Writer::object(|to| self.write_fields(to))
    }

    /// Checks what the types cannot: required texts are not blank, and no text is too long.
    ///
    /// # Errors
    /// A [`Refusal`] with `text_too_long`, `payload_too_large` or `invalid_field`.
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Chat { text, .. } | Self::Edit { text, .. } => filled("text", text, TEXT_BYTES_MAX),
            Self::Notification { level: Level::Unknown, .. } => {
                Err(Refusal::new(ErrorCode::InvalidField, "This level is not supported."))
            }
            Self::Notification { title, body, link, .. } => {
                filled("title", title, TITLE_BYTES_MAX)?;
                short("body", body, TEXT_BYTES_MAX)?;
                link.as_deref().map_or(Ok(()), check_link)
            }
            Self::Retract { .. } => Ok(()),
            Self::Reaction { emoji, .. } => filled("emoji", emoji, EMOJI_BYTES_MAX),
            Self::Custom { name, data } => {
                filled("name", name, CUSTOM_NAME_BYTES_MAX)?;
                if !is_within(data, DATA_DEPTH_MAX) {
                    let message = format!("The data is nested deeper than {DATA_DEPTH_MAX} levels.");
                    return Err(Refusal::new(ErrorCode::InvalidField, message));
                }
                if json::length(data) > PAYLOAD_BYTES_MAX - CUSTOM_NAME_BYTES_MAX {
                    let message = format!("The data is larger than {PAYLOAD_BYTES_MAX} bytes.");
                    return Err(Refusal::new(ErrorCode::PayloadTooLarge, message));
                }
                Ok(())
            }
            Self::Unknown { .. } => {
                Err(Refusal::new(ErrorCode::InvalidField, "This type of payload is not supported."))
            }
        }
    }
}

pub(super) fn filled(field: &str, text: &str, bytes_max: usize) -> Result<(), Refusal> {
    if is_blank(text) {
        return Err(Refusal::new(ErrorCode::InvalidField, format!("“{field}” is empty.")));
    }
    short(field, text, bytes_max)
}

fn short(field: &str, text: &str, bytes_max: usize) -> Result<(), Refusal> {
    if text.len() > bytes_max {
        let message = format!("“{field}” has {} bytes; {bytes_max} are allowed.", text.len());
        return Err(Refusal::new(ErrorCode::TextTooLong, message));
    }
    Ok(())
}

/// Whether arrays and objects are nested at most `levels` deep.
fn is_within(data: &Value, levels: usize) -> bool {
    match data {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_within(item, levels - 1)),
        Value::Object(fields) => levels > 0 && fields.values().all(|field| is_within(field, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// Checks a link. It becomes an anchor in another user's app, so `javascript:` and the like are refused. `//host` is
/// refused too, because it leaves the site but looks like a path.
fn check_link(link: &str) -> Result<(), Refusal> {
    short("link", link, LINK_BYTES_MAX)?;
    let is_url = link.starts_with("https://") || link.starts_with("http://");
    let is_path = link.starts_with('/') && !link.starts_with("//") && !link.starts_with("/\\");
    if (is_url || is_path) && !link.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::InvalidField, "“link” has to begin with https://, http:// or /."))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn code_of(payload: &Payload) -> Option<ErrorCode> {
        payload.check().err().map(|refusal| refusal.code)
    }

    fn linked(link: &str) -> Payload {
        let (title, body) = ("t".to_owned(), String::new());
        Payload::Notification { title, body, level: Level::Info, link: Some(link.to_owned()) }
    }

    #[test]
    fn the_longest_text_is_taken_and_one_byte_more_is_not() {
        assert_eq!(code_of(&Payload::chat("x".repeat(TEXT_BYTES_MAX))), None);
        assert_eq!(code_of(&Payload::chat("x".repeat(TEXT_BYTES_MAX + 1))), Some(ErrorCode::TextTooLong));
        assert_eq!(code_of(&linked(&format!("/{}", "x".repeat(LINK_BYTES_MAX - 1)))), None);
        assert_eq!(
            code_of(&linked(&format!("/{}", "x".repeat(LINK_BYTES_MAX)))),
            Some(ErrorCode::TextTooLong)
        );
    }

    #[test]
    fn a_text_that_shows_nothing_is_refused() {
        for text in [" \n", "\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}", "\0"] {
            assert_eq!(code_of(&Payload::chat(text)), Some(ErrorCode::InvalidField), "{text:?}");
        }
    }

    #[test]
    fn only_links_that_open_a_page_are_taken() {
        for link in ["https://example.org/x", "http://localhost/", "/rooms"] {
            assert_eq!(code_of(&linked(link)), None, "{link}");
        }
        for link in
            ["javascript:alert(1)", "data:text/html,x", "//example.org", "/\\example.org", "", "/a\nb"]
        {
            assert_eq!(code_of(&linked(link)), Some(ErrorCode::InvalidField), "{link}");
        }
    }

    #[test]
    fn data_of_ones_own_has_a_limit() {
        let custom = |bytes: usize| Payload::Custom { name: "n".to_owned(), data: "x".repeat(bytes).into() };
        let quotes = 2;
        let largest = PAYLOAD_BYTES_MAX - CUSTOM_NAME_BYTES_MAX - quotes;
        assert_eq!(code_of(&custom(largest)), None);
        assert_eq!(code_of(&custom(largest + 1)), Some(ErrorCode::PayloadTooLarge));
    }

    fn nested(levels: usize) -> Payload {
        let data = (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        Payload::Custom { name: "n".to_owned(), data }
    }

    #[test]
    fn data_of_ones_own_is_not_nested_without_end() {
        assert_eq!(code_of(&nested(DATA_DEPTH_MAX)), None);
        assert_eq!(code_of(&nested(DATA_DEPTH_MAX + 1)), Some(ErrorCode::InvalidField));
    }
}
