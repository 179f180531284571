//! What a later server may send, and what this version reads.

use shared::ids::{MessageId, Offset, RequestId};
use shared::protocol::{
    CloseCode, Closing, ErrorCode, ErrorReply, Gap, GapReason, Level, Message, Payload, Presence,
    PresenceChange, Push, Refusal, ServerMessage, Signal, SignalState, Subscribed,
};
use shared::time::Timestamp;

use super::{GREETING, Golden, at, bob, golden, lobby};

/// All golden files of a later version. Each has one value that this version does not know.
pub(crate) fn later() -> Vec<Golden<ServerMessage>> {
    let push = |payload| ServerMessage::Push(Push { payload, from: None });
    golden! { "later";
        "type": ServerMessage::Unknown,
        "payload_type": ServerMessage::Message(Message {
            channel: lobby(),
            offset: Offset(GREETING),
            prev: Offset(GREETING - 1),
            id: MessageId::parse("019b7e00-0000-7000-8000-000000000042").unwrap(),
            at: Timestamp(1_767_346_200_000),
            from: bob(),
            payload: Payload::Unknown { kind: "poll".to_owned() },
        }),
        "payload_field": push(Payload::Unknown { kind: "chat".to_owned() }),
        "level": push(Payload::Notification {
            title: "Disk full".to_owned(),
            body: String::new(),
            level: Level::Unknown,
            link: None,
        }),
        "gap_reason": ServerMessage::Subscribed(Subscribed {
            id: RequestId(1),
            channel: lobby(),
            position: at(60),
            head: Offset(112),
            gap: Some(Gap { oldest: Offset(61), reason: GapReason::Unknown }),
        }),
        "signal_kind": ServerMessage::Signal(Signal { channel: lobby(), from: bob(), state: SignalState::Unknown }),
        "presence_change": ServerMessage::Presence(Presence {
            id: Some(RequestId(4)),
            channel: lobby(),
            version: Some(8),
            change: PresenceChange::Unknown,
        }),
        "error_code": ServerMessage::Error(ErrorReply {
            id: Some(RequestId(5)),
            refusal: Refusal::new(ErrorCode::Unknown, "Be quiet."),
        }),
        "close_code": ServerMessage::Closing(Closing {
            code: CloseCode(4321),
            reason: "The server moves.".to_owned(),
            retry_after_ms: Some(250),
        }),
    }
}
