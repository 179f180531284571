//! Writes what a client says, as the derived writers do; [`json`](crate::json) tells why the page does without them.

use super::{ClientMessage, Hello, Payload, Publish, SignalKind, Subscribe};
use crate::json::Writer;

impl ClientMessage {
    /// The text of the message.
    pub(super) fn to_json(&self) -> String {
        let mut to;
        match self {
            Self::Hello(Hello { version, token, name }) => {
                to = Writer::new("type", "hello");
                to.number("version", u64::from(*version));
                if let Some(token) = token {
                    to.text("token", token);
                }
                if let Some(name) = name {
                    to.text("name", name.as_str());
                }
            }
            Self::Subscribe(Subscribe { id, channel, since }) => {
                to = Writer::new("type", "subscribe");
                to.number("id", id.0);
                to.text("channel", channel.as_str());
                if let Some(since) = since {
                    let mut position = Writer::new("epoch", &since.epoch.to_string());
                    position.number("offset", since.offset.0);
                    to.raw("since", &position.finish());
                }
            }
            Self::Unsubscribe { channel } => {
                to = Writer::new("type", "unsubscribe");
                to.text("channel", channel.as_str());
            }
            Self::Publish(Publish { id, channel, message_id, turn, payload }) => {
                to = Writer::new("type", "publish");
                to.number("id", id.0);
                to.text("channel", channel.as_str());
                to.text("message_id", &message_id.to_string());
                to.maybe_number("turn", *turn);
                to.raw("payload", &payload.to_json());
            }
            Self::History { id, channel, before, limit } => {
                to = Writer::new("type", "history");
                to.number("id", id.0);
                to.text("channel", channel.as_str());
                to.maybe_number("before", before.map(|offset| offset.0));
                to.number("limit", u64::from(*limit));
            }
            Self::Signal { channel, kind } => {
                to = Writer::new("type", "signal");
                to.text("channel", channel.as_str());
                let SignalKind::Typing = kind;
                to.text("kind", "typing");
            }
            Self::Seen { channel, delivered, read } => {
                to = Writer::new("type", "seen");
                to.text("channel", channel.as_str());
                to.maybe_number("delivered", delivered.map(|offset| offset.0));
                to.maybe_number("read", read.map(|offset| offset.0));
            }
            Self::Presence { id, channel } => {
                to = Writer::new("type", "presence");
                to.number("id", id.0);
                to.text("channel", channel.as_str());
            }
        }
        to.finish()
    }
}

impl Payload {
    /// The text of the payload.
    pub fn to_json(&self) -> String {
        let mut to;
        match self {
            Self::Chat { text, reply_to } => {
                to = Writer::new("type", "chat");
                to.text("text", text);
                if let Some(answered) = reply_to {
                    to.text("reply_to", &answered.to_string());
                }
            }
            Self::Notification { title, body, level, link } => {
                to = Writer::new("type", "notification");
                to.text("title", title);
                to.text("body", body);
                to.text("level", level.as_str());
                if let Some(link) = link {
                    to.text("link", link);
                }
            }
            Self::Edit { of, text } => {
                to = Writer::new("type", "edit");
                to.text("of", &of.to_string());
                to.text("text", text);
            }
            Self::Retract { of } => {
                to = Writer::new("type", "retract");
                to.text("of", &of.to_string());
            }
            Self::Reaction { of, emoji, on } => {
                to = Writer::new("type", "reaction");
                to.text("of", &of.to_string());
                to.text("emoji", emoji);
                to.raw("on", if *on { "true" } else { "false" });
            }
            Self::Custom { name, data } => {
                to = Writer::new("type", "custom");
                to.text("name", name);
                to.value("data", data);
            }
            Self::Unknown { kind } => to = Writer::new("type", kind),
        }
        to.finish()
    }
}
