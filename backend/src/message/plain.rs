//! What plain clients get: lines of text.

use shared::ids::DisplayName;
use shared::protocol::{Message, Payload, Push, RawPayload, Refusal};

use crate::config::PLAIN_CHANNEL;

/// What a plain client is told of a message: a line, where it is something said in the room of plain clients.
pub(super) fn plain_line(message: &Message<RawPayload>) -> Option<String> {
    let said = if message.channel.as_str() == PLAIN_CHANNEL { plain_text(&message.payload) } else { None };
    said.map(|said| named_line(&message.from.name, &said))
}

/// What somebody said, as one line: a text must not look like the line of somebody else.
pub fn named_line(name: &DisplayName, said: &str) -> String {
    let lines = said.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
    // A carriage return and a line feed are one line break; empty lines say nothing.
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    format!("{name}: {}", lines.join(" ⏎ "))
}

/// What a payload says to somebody who reads lines of text; nothing where it is no saying.
pub fn plain_text(payload: &RawPayload) -> Option<String> {
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
pub fn refusal_line(refusal: &Refusal) -> String {
    format!("Tidings: {}", refusal.message)
}

/// What a plain client is told of a push.
pub fn pushed_line(push: &Push<RawPayload>) -> String {
    // What is no saying goes as the JSON it is.
    let line = plain_text(&push.payload).unwrap_or_else(|| push.payload.as_str().to_owned());
    match &push.from {
        Some(from) => named_line(&from.name, &line),
        None => line,
    }
}
