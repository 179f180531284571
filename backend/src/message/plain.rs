//! The lines of text that plain clients get.

use shared::ids::DisplayName;
use shared::protocol::{Message, Payload, Push, RawPayload, Refusal};

use crate::config::PLAIN_CHANNEL;

/// The line of a message for plain clients. `None` if it has no text, or if its channel is not the one of plain
/// clients.
pub(super) fn plain_line(message: &Message<RawPayload>) -> Option<String> {
    let text = if message.channel.as_str() == PLAIN_CHANNEL { plain_text(&message.payload) } else { None };
    text.map(|text| named_line(&message.from.name, &text))
}

/// A text with its author's name, as one line. Line breaks are replaced, so that a text cannot imitate the line of
/// another author.
pub(crate) fn named_line(name: &DisplayName, text: &str) -> String {
    let lines = text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
    // A carriage return and a line feed are one line break. Empty lines are dropped.
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    format!("{name}: {}", lines.join(" ⏎ "))
}

/// The text of a payload. `None` if the payload has none, for example a reaction.
pub(crate) fn plain_text(payload: &RawPayload) -> Option<String> {
    match payload.read() {
        Payload::Chat { text, .. } => Some(text),
        Payload::Notification { title, body, .. } if body.is_empty() => Some(title),
        Payload::Notification { title, body, .. } => Some(format!("{title}: {body}")),
        Payload::Edit { .. }
        | Payload::Retract { .. }
        | Payload::Reaction { .. }
        | Payload::Custom { .. }
        | Payload::Unknown { .. } => None,
    }
}

/// A refusal as a line.
pub(crate) fn refusal_line(refusal: &Refusal) -> String {
    format!("Tidings: {}", refusal.message)
}

/// A push as a line.
pub(crate) fn pushed_line(push: &Push<RawPayload>) -> String {
    // A payload without text is sent as its JSON.
    let line = plain_text(&push.payload).unwrap_or_else(|| push.payload.as_str().to_owned());
    match &push.from {
        Some(from) => named_line(&from.name, &line),
        None => line,
    }
}
