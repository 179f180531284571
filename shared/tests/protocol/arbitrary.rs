//! Any message there can be.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use shared::ids::{ChannelName, ConnectionId, DisplayName, Epoch, MessageId, Offset, RequestId, UserId};
use shared::protocol::{
    Accepted, ClientMessage, CloseCode, Closing, ErrorCode, ErrorReply, Gap, GapReason, Head, Heartbeat,
    Hello, Level, Limits, Message, Page, Payload, Position, Presence, PresenceChange, Publish, Push, Refusal,
    Sender, ServerMessage, Signal, SignalKind, SignalState, Subscribe, Subscribed, Welcome,
};
use shared::time::Timestamp;

pub(crate) fn channel() -> impl Strategy<Value = ChannelName> {
    "[a-z][a-z0-9-]{0,31}:[A-Za-z0-9_.+@-]{1,127}".prop_map(|text| ChannelName::parse(&text).unwrap())
}

pub(crate) fn user() -> impl Strategy<Value = UserId> {
    "[A-Za-z0-9_.-]{1,64}".prop_map(|text| UserId::parse(&text).unwrap())
}

pub(crate) fn name() -> impl Strategy<Value = DisplayName> {
    "[\\PC&&[^\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]]{1,40}"
        .prop_filter_map("a name that shows nothing", |text| DisplayName::parse(&text).ok())
}

pub(crate) fn message_id() -> impl Strategy<Value = MessageId> {
    any::<[u8; 16]>().prop_map(MessageId::from_bytes)
}

/// Any JSON.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn offset() -> impl Strategy<Value = Offset> {
    any::<u64>().prop_map(Offset)
}

fn request() -> impl Strategy<Value = RequestId> {
    any::<u64>().prop_map(RequestId)
}

fn sender() -> impl Strategy<Value = Sender> {
    (user(), name()).prop_map(|(user, name)| Sender { user, name })
}

fn position() -> impl Strategy<Value = Position> {
    (any::<u64>(), offset()).prop_map(|(epoch, offset)| Position { epoch: Epoch(epoch), offset })
}

pub(crate) fn payload() -> impl Strategy<Value = Payload> {
    let text = any::<String>;
    prop_oneof![
        (text(), of(message_id())).prop_map(|(text, reply_to)| Payload::Chat { text, reply_to }),
        (text(), text(), select(Level::ALL), of(text()))
            .prop_map(|(title, body, level, link)| Payload::Notification { title, body, level, link }),
        (message_id(), text()).prop_map(|(of, text)| Payload::Edit { of, text }),
        message_id().prop_map(|of| Payload::Retract { of }),
        (message_id(), text(), any::<bool>()).prop_map(|(of, emoji, on)| Payload::Reaction { of, emoji, on }),
        (text(), json()).prop_map(|(name, data)| Payload::Custom { name, data }),
    ]
}

pub(crate) fn client_message() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        (any::<u32>(), of(any::<String>()), of(name()))
            .prop_map(|(version, token, name)| ClientMessage::Hello(Hello { version, token, name })),
        (request(), channel(), of(position()))
            .prop_map(|(id, channel, since)| ClientMessage::Subscribe(Subscribe { id, channel, since })),
        channel().prop_map(|channel| ClientMessage::Unsubscribe { channel }),
        (request(), channel(), message_id(), of(any::<u64>()), payload()).prop_map(
            |(id, channel, message_id, turn, payload)| {
                ClientMessage::Publish(Publish { id, channel, message_id, turn, payload })
            }
        ),
        (request(), channel(), of(offset()), any::<u32>())
            .prop_map(|(id, channel, before, limit)| ClientMessage::History { id, channel, before, limit }),
        channel().prop_map(|channel| ClientMessage::Signal { channel, kind: SignalKind::Typing }),
        (channel(), of(offset()), of(offset())).prop_map(|(channel, delivered, read)| ClientMessage::Seen {
            channel,
            delivered,
            read
        }),
        (request(), channel()).prop_map(|(id, channel)| ClientMessage::Presence { id, channel }),
    ]
}

pub(crate) fn server_message() -> impl Strategy<Value = ServerMessage> {
    let accepted = (request(), offset(), any::<bool>());
    prop_oneof![
        welcome().prop_map(ServerMessage::Welcome),
        subscribed().prop_map(ServerMessage::Subscribed),
        message().prop_map(ServerMessage::Message),
        accepted.prop_map(|(id, offset, duplicate)| ServerMessage::Accepted(Accepted {
            id,
            offset,
            duplicate
        })),
        (request(), vec(message(), 0..3), any::<bool>())
            .prop_map(|(id, messages, more)| ServerMessage::Page(Page { id, messages, more })),
        (payload(), of(sender())).prop_map(|(payload, from)| ServerMessage::Push(Push { payload, from })),
        signal().prop_map(ServerMessage::Signal),
        presence().prop_map(ServerMessage::Presence),
        (any::<u64>(), vec((channel(), offset(), of(any::<u64>())), 0..3)).prop_map(|(at, heads)| {
            let head = |(channel, offset, presence)| Head { channel, offset, presence };
            ServerMessage::Heartbeat(Heartbeat {
                at: Timestamp(at),
                heads: heads.into_iter().map(head).collect(),
            })
        }),
        (of(request()), refusal()).prop_map(|(id, refusal)| ServerMessage::Error(ErrorReply { id, refusal })),
        (any::<u16>(), any::<String>(), of(any::<u64>())).prop_map(|(code, reason, retry_after_ms)| {
            ServerMessage::Closing(Closing { code: CloseCode(code), reason, retry_after_ms })
        }),
        Just(ServerMessage::Unknown),
    ]
}

fn welcome() -> impl Strategy<Value = Welcome> {
    let limits = (any::<u64>(), any::<u64>(), any::<u32>()).prop_map(|(bytes, subscriptions, messages)| {
        Limits { frame_bytes_max: bytes, subscriptions_max: subscriptions, messages_per_second: messages }
    });
    let numbers = (any::<u64>(), any::<u64>(), any::<u32>());
    (numbers, user(), name(), of(any::<String>()), limits).prop_map(
        |((connection, heartbeat_ms, version), user, name, token, limits)| {
            let connection = ConnectionId(connection);
            Welcome { connection, user, name, token, heartbeat_ms, limits, version }
        },
    )
}

fn subscribed() -> impl Strategy<Value = Subscribed> {
    let reasons = [GapReason::Trimmed, GapReason::Epoch, GapReason::Ahead, GapReason::Unknown];
    let gap = (offset(), select(reasons.to_vec())).prop_map(|(oldest, reason)| Gap { oldest, reason });
    (request(), channel(), position(), offset(), of(gap))
        .prop_map(|(id, channel, position, head, gap)| Subscribed { id, channel, position, head, gap })
}

fn message() -> impl Strategy<Value = Message> {
    (channel(), offset(), offset(), message_id(), any::<u64>(), sender(), payload()).prop_map(
        |(channel, offset, prev, id, at, from, payload)| Message {
            channel,
            offset,
            prev,
            id,
            at: Timestamp(at),
            from,
            payload,
        },
    )
}

fn signal() -> impl Strategy<Value = Signal> {
    let state = prop_oneof![
        Just(SignalState::Typing),
        (of(offset()), of(offset())).prop_map(|(delivered, read)| SignalState::Seen { delivered, read }),
        Just(SignalState::Unknown),
    ];
    (channel(), sender(), state).prop_map(|(channel, from, state)| Signal { channel, from, state })
}

fn presence() -> impl Strategy<Value = Presence> {
    let change = prop_oneof![
        vec(sender(), 0..4).prop_map(PresenceChange::Members),
        sender().prop_map(PresenceChange::Joined),
        user().prop_map(PresenceChange::Left),
    ];
    (of(request()), channel(), of(any::<u64>()), change).prop_map(|(id, channel, version, change)| Presence {
        id,
        channel,
        version,
        change,
    })
}

fn refusal() -> impl Strategy<Value = Refusal> {
    let codes: Vec<ErrorCode> = ErrorCode::ALL.iter().copied().chain([ErrorCode::Unknown]).collect();
    (select(codes), any::<String>(), of(any::<u64>()), of(any::<u64>()))
        .prop_map(|(code, message, retry_after_ms, turn)| Refusal { code, message, retry_after_ms, turn })
}
