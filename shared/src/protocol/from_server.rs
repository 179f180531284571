//! Reads what the server says, from the fields of its JSON.
//!
//! The derived readers know the same, and [`json`](crate::json) tells why the page does without them. A later server
//! may send more than this version knows: an unknown payload is [`Payload::Unknown`], and an unreadable item of a list
//! is left out, so that it spoils nothing else.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

use super::{
    Accepted, CloseCode, Closing, ErrorCode, ErrorReply, Gap, GapReason, Head, Heartbeat, Level, Limits,
    Message, Page, Payload, Position, Presence, PresenceChange, Push, Refusal, Sender, ServerMessage, Signal,
    SignalState, Subscribed, Welcome,
};
use crate::ids::{ChannelName, ConnectionId, DisplayName, Epoch, MessageId, Offset, RequestId, UserId};
use crate::json::{Fields, Read, Unreadable};
use crate::time::Timestamp;

impl ServerMessage {
    /// Reads a message. A `type` of a later version is [`ServerMessage::Unknown`].
    ///
    /// # Errors
    /// [`Unreadable`] where the text is no message.
    pub(super) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut fields = Fields::parse(text)?;
        let kind: String = fields.take("type")?;
        let fields = &mut fields;
        Ok(match kind.as_str() {
            "welcome" => Self::Welcome(welcome(fields)?),
            "subscribed" => Self::Subscribed(Subscribed {
                id: fields.take("id")?,
                channel: fields.take("channel")?,
                position: fields.take("position")?,
                head: fields.take("head")?,
                gap: fields.maybe("gap")?,
            }),
            "message" => Self::Message(message(fields)?),
            "accepted" => Self::Accepted(Accepted {
                id: fields.take("id")?,
                offset: fields.take("offset")?,
                duplicate: fields.take("duplicate")?,
            }),
            "page" => Self::Page(Page {
                id: fields.take("id")?,
                messages: fields.take("messages")?,
                more: fields.take("more")?,
            }),
            "push" => Self::Push(Push { payload: fields.take("payload")?, from: fields.maybe("from")? }),
            "signal" => Self::Signal(Signal {
                channel: fields.take("channel")?,
                from: fields.take("from")?,
                state: signal_state(fields)?,
            }),
            "presence" => Self::Presence(Presence {
                id: fields.maybe("id")?,
                channel: fields.take("channel")?,
                version: fields.maybe("version")?,
                change: presence_change(fields)?,
            }),
            "heartbeat" => {
                Self::Heartbeat(Heartbeat { at: fields.take("at")?, heads: fields.or_default("heads")? })
            }
            "error" => Self::Error(ErrorReply { id: fields.maybe("id")?, refusal: refusal(fields)? }),
            "closing" => Self::Closing(Closing {
                code: fields.take("code")?,
                reason: fields.take("reason")?,
                retry_after_ms: fields.maybe("retry_after_ms")?,
            }),
            _ => Self::Unknown,
        })
    }
}

impl Refusal {
    /// Reads a refusal.
    ///
    /// # Errors
    /// [`Unreadable`] where the text is none.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        refusal(&mut Fields::parse(text)?)
    }
}

fn welcome(fields: &mut Fields) -> Result<Welcome, Unreadable> {
    Ok(Welcome {
        connection: fields.take("connection")?,
        user: fields.take("user")?,
        name: fields.take("name")?,
        token: fields.maybe("token")?,
        heartbeat_ms: fields.take("heartbeat_ms")?,
        limits: fields.take("limits")?,
        version: fields.take("version")?,
    })
}

fn message(fields: &mut Fields) -> Result<Message, Unreadable> {
    Ok(Message {
        channel: fields.take("channel")?,
        offset: fields.take("offset")?,
        prev: fields.take("prev")?,
        id: fields.take("id")?,
        at: fields.take("at")?,
        from: fields.take("from")?,
        payload: fields.take("payload")?,
    })
}

fn signal_state(fields: &mut Fields) -> Result<SignalState, Unreadable> {
    Ok(match fields.take::<String>("kind")?.as_str() {
        "typing" => SignalState::Typing,
        "seen" => SignalState::Seen { delivered: fields.maybe("delivered")?, read: fields.maybe("read")? },
        _ => SignalState::Unknown,
    })
}

fn presence_change(fields: &mut Fields) -> Result<PresenceChange, Unreadable> {
    if fields.has("members") {
        fields.take("members").map(PresenceChange::Members)
    } else if fields.has("joined") {
        fields.take("joined").map(PresenceChange::Joined)
    } else if fields.has("left") {
        fields.take("left").map(PresenceChange::Left)
    } else {
        Ok(PresenceChange::Unknown)
    }
}

fn refusal(fields: &mut Fields) -> Result<Refusal, Unreadable> {
    Ok(Refusal {
        code: fields.take("code")?,
        message: fields.take("message")?,
        retry_after_ms: fields.maybe("retry_after_ms")?,
        turn: fields.maybe("turn")?,
    })
}

/// Reads a payload. One that this version cannot read must not hide the message that carries it: its offset counts.
fn payload(fields: &mut Fields) -> Payload {
    let kind = fields.take::<String>("type").unwrap_or_default();
    known_payload(&kind, fields).unwrap_or(Payload::Unknown { kind })
}

fn known_payload(kind: &str, fields: &mut Fields) -> Result<Payload, Unreadable> {
    Ok(match kind {
        "chat" => Payload::Chat { text: fields.take("text")?, reply_to: fields.maybe("reply_to")? },
        "notification" => Payload::Notification {
            title: fields.take("title")?,
            body: fields.or_default("body")?,
            level: fields.or_default("level")?,
            link: fields.maybe("link")?,
        },
        "edit" => Payload::Edit { of: fields.take("of")?, text: fields.take("text")? },
        "retract" => Payload::Retract { of: fields.take("of")? },
        "reaction" => {
            Payload::Reaction { of: fields.take("of")?, emoji: fields.take("emoji")?, on: fields.take("on")? }
        }
        "custom" => Payload::Custom { name: fields.take("name")?, data: fields.or_default("data")? },
        _ => return Err(Unreadable::Field("type")),
    })
}

/// Implements [`Read`] for what is an object in JSON.
macro_rules! read_object {
    ($($type:ty: $fields:ident => $read:expr;)+) => {
        $(impl Read for $type {
            fn read(value: Value) -> Option<Self> {
                let read = |$fields: &mut Fields| -> Result<Self, Unreadable> { $read };
                read(&mut Fields::read(value)?).ok()
            }
        })+
    };
}

read_object! {
    Message: fields => message(fields);
    Payload: fields => Ok(payload(fields));
    Refusal: fields => refusal(fields);
    Sender: fields => Ok(Self { user: fields.take("user")?, name: fields.take("name")? });
    Position: fields => Ok(Self { epoch: fields.take("epoch")?, offset: fields.take("offset")? });
    Gap: fields => Ok(Self { oldest: fields.take("oldest")?, reason: fields.take("reason")? });
    Head: fields => Ok(Self {
        channel: fields.take("channel")?,
        offset: fields.take("offset")?,
        presence: fields.maybe("presence")?,
    });
    PresenceChange: fields => presence_change(fields);
    Limits: fields => Ok(Self {
        frame_bytes_max: fields.take("frame_bytes_max")?,
        subscriptions_max: fields.take("subscriptions_max")?,
        messages_per_second: fields.take("messages_per_second")?,
    });
}

/// Implements [`Read`] for types that are numbers or texts in JSON and have a way from these.
macro_rules! read_by {
    ($($type:ty: $inner:ty => $read:expr;)+) => {
        $(impl Read for $type {
            fn read(value: Value) -> Option<Self> {
                let read: fn($inner) -> Option<Self> = $read;
                read(<$inner as Read>::read(value)?)
            }
        })+
    };
}
read_by! {
    CloseCode: u64 => |code| u16::try_from(code).ok().map(Self);
    Level: String => |name| Self::ALL.into_iter().find(|level| level.as_str() == name).or(Some(Self::Info));
    ErrorCode: String => |name| Some(Self::of_name(&name));
    GapReason: String => |name| Some(match name.as_str() {
        "trimmed" => Self::Trimmed,
        "epoch" => Self::Epoch,
        "ahead" => Self::Ahead,
        _ => Self::Unknown,
    });
    ChannelName: String => |text| Self::parse(&text).ok();
    UserId: String => |text| Self::parse(&text).ok();
    DisplayName: String => |text| Some(Self::of_record(&text));
    MessageId: String => |text| Self::parse(&text).ok();
    Epoch: String => |text| Self::parse(&text).ok();
    ConnectionId: u64 => |number| Some(Self(number));
    RequestId: u64 => |number| Some(Self(number));
    Offset: u64 => |number| Some(Self(number));
    Timestamp: u64 => |number| Some(Self(number));
}

/// Lets a derived reader read a field as the reader by hand does.
///
/// # Errors
/// Those of `deserializer`, and where the field holds something else.
pub(super) fn by_hand<'de, D: Deserializer<'de>, T: Read>(deserializer: D) -> Result<T, D::Error> {
    T::read(Value::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("this cannot be read"))
}

/// The same for a field that may be missing or `null`.
///
/// # Errors
/// The same.
pub(super) fn maybe_by_hand<'de, D: Deserializer<'de>, T: Read>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value => T::read(value).map(Some).ok_or_else(|| D::Error::custom("this cannot be read")),
    }
}
