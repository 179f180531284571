//! What the server says to Ada's client.

use serde_json::json;
use shared::ids::{ConnectionId, Epoch, Offset, RequestId};
use shared::limits::{FRAME_BYTES_MAX, SUBSCRIPTIONS_MAX};
use shared::protocol::{
    Accepted, CloseCode, Closing, ErrorCode, ErrorReply, Gap, GapReason, Head, Heartbeat, Level, Limits,
    Message, Page, Payload, Position, Presence, PresenceChange, Push, Refusal, Renamed, Sender,
    ServerMessage, Signal, SignalState, Subscribed, VERSION, Welcome,
};
use shared::time::Timestamp;

use super::{GREETING, Golden, ada, at, bob, golden, lobby, message_id, renamed, time_of};

/// All golden files of this direction.
pub(crate) fn server() -> Vec<Golden<ServerMessage>> {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJndWVzdC01eGszbTBxOHcyZnoifQ.bG9iYnk".to_owned();
    let accepted = |offset, duplicate| Accepted { id: RequestId(2), offset: Offset(offset), duplicate };
    let page = |id, messages, more| ServerMessage::Page(Page { id: RequestId(id), messages, more });
    let signal = |state| ServerMessage::Signal(Signal { channel: lobby(), from: bob(), state });
    let presence = |id, version, change| {
        ServerMessage::Presence(Presence { id, channel: lobby(), version: Some(version), change })
    };
    let error =
        |id: Option<u64>, refusal| ServerMessage::Error(ErrorReply { id: id.map(RequestId), refusal });
    let of = message_id(GREETING);
    golden! { "server";
        "welcome_guest": welcome(1041, Some(token)),
        "welcome_again": welcome(1058, None),
        "renamed": ServerMessage::Renamed(Renamed { id: RequestId(18), name: renamed() }),
        "subscribed": subscribed(1, at(41), 41, None),
        "subscribed_resume": subscribed(10, at(51), 53, None),
        "subscribed_gap_trimmed": subscribed(10, at(60), 112, Some(GapReason::Trimmed)),
        "subscribed_gap_epoch": subscribed(10, Position { epoch: Epoch(0x51d7_a20e_936c_b48f), offset: Offset::START }, 3, Some(GapReason::Epoch)),
        "subscribed_gap_ahead": subscribed(10, at(0), 30, Some(GapReason::Ahead)),
        "message_chat": ServerMessage::Message(greeting()),
        "message_reply": message(bob(), 43, Payload::Chat {
            text: "Hello, Ada! Coffee or tea?".to_owned(),
            reply_to: Some(of),
        }),
        "message_edit": message(ada(), 45, Payload::Edit { of, text: "Hello, Bob!".to_owned() }),
        "message_retract": message(ada(), 46, Payload::Retract { of: message_id(44) }),
        "message_reaction": message(bob(), 49, Payload::Reaction { of, emoji: "👋".to_owned(), on: true }),
        "message_notification": message(bob(), 52, Payload::Notification {
            title: "The tea is ready".to_owned(),
            body: String::new(),
            level: Level::Info,
            link: None,
        }),
        "message_custom": message(bob(), 51, Payload::Custom {
            name: "chess.move".to_owned(),
            data: json!({"from": "e7", "game": 17, "to": "e5"}),
        }),
        "accepted": ServerMessage::Accepted(accepted(42, false)),
        "accepted_duplicate": ServerMessage::Accepted(accepted(42, true)),
        "page": page(12, vec![before(40, "Is anybody here?"), before(41, "I am back at nine.")], true),
        "page_last": page(14, vec![], false),
        "push": ServerMessage::Push(Push {
            payload: Payload::Notification {
                title: "Maintenance at noon".to_owned(),
                body: "It takes a minute. Nothing gets lost.".to_owned(),
                level: Level::Warning,
                link: Some("https://status.example.org/".to_owned()),
            },
            from: None,
        }),
        "push_from": ServerMessage::Push(Push { payload: Payload::chat("Only you see this."), from: Some(bob()) }),
        "signal_typing": signal(SignalState::Typing),
        "signal_seen": signal(SignalState::Seen { delivered: Some(Offset(53)), read: Some(Offset(50)) }),
        "signal_seen_delivered": signal(SignalState::Seen { delivered: Some(Offset(53)), read: None }),
        "presence_members": presence(Some(RequestId(13)), 17, PresenceChange::Members(vec![bob(), ada()])),
        "presence_joined": presence(None, 18, PresenceChange::Joined(bob())),
        "presence_left": presence(None, 19, PresenceChange::Left(bob().user)),
        "heartbeat": ServerMessage::Heartbeat(Heartbeat {
            at: Timestamp(time_of(53) + 25_000),
            heads: vec![Head { channel: lobby(), offset: Offset(53), presence: Some(19) }],
        }),
        "heartbeat_without_channels": ServerMessage::Heartbeat(Heartbeat {
            at: Timestamp(time_of(53) + 50_000),
            heads: Vec::new(),
        }),
        "error": error(Some(15), Refusal::new(ErrorCode::Forbidden, "Only bob may read inbox:bob.")),
        "error_for_now": error(Some(16), Refusal {
            retry_after_ms: Some(21),
            ..Refusal::new(ErrorCode::RateLimited, "More messages came than are allowed. Wait a moment.")
        }),
        "error_turn": error(Some(18), Refusal {
            retry_after_ms: Some(0),
            turn: Some(4),
            ..Refusal::new(ErrorCode::OutOfTurn, "A message before this one was refused.")
        }),
        "error_without_id": error(None, Refusal::new(ErrorCode::NotJson, "A message has to be a JSON object.")),
        "closing_come_back": closing(CloseCode::STOPPING, "The server is restarting.", Some(1_377)),
        "closing_for_good": closing(CloseCode::DISCONNECTED, "Please sign in again.", None),
    }
}

fn welcome(connection: u64, token: Option<String>) -> ServerMessage {
    ServerMessage::Welcome(Welcome {
        connection: ConnectionId(connection),
        user: ada().user,
        name: ada().name,
        token,
        heartbeat_ms: 25_000,
        limits: Limits {
            frame_bytes_max: FRAME_BYTES_MAX.try_into().unwrap(),
            subscriptions_max: SUBSCRIPTIONS_MAX.try_into().unwrap(),
            messages_per_second: 50,
        },
        version: VERSION,
    })
}

fn subscribed(id: u64, position: Position, head: u64, lost: Option<GapReason>) -> ServerMessage {
    let gap = lost.map(|reason| Gap { oldest: Offset(position.offset.0 + 1), reason });
    let (id, head) = (RequestId(id), Offset(head));
    ServerMessage::Subscribed(Subscribed { id, channel: lobby(), position, head, gap })
}

fn greeting() -> Message {
    Message {
        channel: lobby(),
        offset: Offset(GREETING),
        prev: Offset(GREETING - 1),
        id: message_id(GREETING),
        at: Timestamp(time_of(GREETING)),
        from: ada(),
        payload: Payload::chat("Hello, everybody!"),
    }
}

fn message(from: Sender, offset: u64, payload: Payload) -> ServerMessage {
    let (id, at) = (message_id(offset), Timestamp(time_of(offset)));
    ServerMessage::Message(Message {
        offset: Offset(offset),
        prev: Offset(offset - 1),
        id,
        at,
        from,
        payload,
        ..greeting()
    })
}

/// What Bob said before Ada came.
fn before(offset: u64, text: &str) -> Message {
    let hours = (GREETING - offset) * 3_600_000;
    let at = time_of(GREETING) - hours;
    let id = format!("{:08x}-{:04x}-7c44-9d21-7b3a5e8f00{offset:02x}", at >> 16, at & 0xffff);
    Message {
        offset: Offset(offset),
        prev: Offset(offset - 1),
        id: shared::ids::MessageId::parse(&id).unwrap(),
        at: Timestamp(at),
        from: bob(),
        payload: Payload::chat(text),
        ..greeting()
    }
}

fn closing(code: CloseCode, reason: &str, retry_after_ms: Option<u64>) -> ServerMessage {
    ServerMessage::Closing(Closing { code, reason: reason.to_owned(), retry_after_ms })
}
