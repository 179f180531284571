//! What Ada's client says.

use serde_json::json;
use shared::ids::{Offset, RequestId};
use shared::protocol::{ClientMessage, Hello, Level, Payload, Publish, SignalKind, Subscribe, VERSION};

use super::{GREETING, Golden, ada, at, golden, lobby, message_id, renamed};

/// All golden files of this direction.
pub(crate) fn client() -> Vec<Golden<ClientMessage>> {
    let token = Some("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJndWVzdC01eGszbTBxOHcyZnoifQ.bG9iYnk".to_owned());
    let hello = |token, name| ClientMessage::Hello(Hello { version: VERSION, token, name });
    let subscribe =
        |id, since| ClientMessage::Subscribe(Subscribe { id: RequestId(id), channel: lobby(), since });
    let history =
        |id, before, limit| ClientMessage::History { id: RequestId(id), channel: lobby(), before, limit };
    let seen = |delivered, read| ClientMessage::Seen { channel: lobby(), delivered, read };
    let of = message_id(GREETING);
    golden! { "client";
        "hello_stranger": hello(None, None),
        "hello_guest": hello(None, Some(ada().name)),
        "hello_again": hello(token, Some(ada().name)),
        "subscribe": subscribe(1, None),
        "subscribe_resume": subscribe(10, Some(at(51))),
        "unsubscribe": ClientMessage::Unsubscribe { channel: lobby() },
        "publish_chat": publish(2, 42, Payload::chat("Hello, everybody!")),
        "publish_reply": publish(3, 44, Payload::Chat {
            text: "Tea, please.".to_owned(),
            reply_to: Some(message_id(43)),
        }),
        "publish_edit": publish(4, 45, Payload::Edit { of, text: "Hello, Bob!".to_owned() }),
        "publish_retract": publish(5, 46, Payload::Retract { of: message_id(44) }),
        "publish_reaction": publish(6, 47, Payload::Reaction {
            of: message_id(43),
            emoji: "👍".to_owned(),
            on: true,
        }),
        "publish_reaction_off": publish(7, 48, Payload::Reaction {
            of: message_id(43),
            emoji: "👍".to_owned(),
            on: false,
        }),
        "publish_notification": publish(9, 53, Payload::Notification {
            title: "The tea is ready".to_owned(),
            body: "In the kitchen, as long as there is some.".to_owned(),
            level: Level::Success,
            link: Some("/rooms/kitchen".to_owned()),
        }),
        "publish_custom": publish(8, 50, Payload::Custom {
            name: "chess.move".to_owned(),
            data: json!({"from": "e2", "game": 17, "to": "e4"}),
        }),
        "publish_turn": ClientMessage::Publish(Publish {
            id: RequestId(17),
            channel: lobby(),
            message_id: message_id(54),
            turn: Some(3),
            payload: Payload::chat("One lump or two?"),
        }),
        "rename": ClientMessage::Rename { id: RequestId(18), name: renamed() },
        "history": history(11, None, 50),
        "history_before": history(12, Some(Offset(GREETING)), 2),
        "signal_typing": ClientMessage::Signal { channel: lobby(), kind: SignalKind::Typing },
        "seen": seen(Some(Offset(51)), Some(Offset(49))),
        "seen_delivered": seen(Some(Offset(51)), None),
        "seen_read": seen(None, Some(Offset(51))),
        "presence": ClientMessage::Presence { id: RequestId(13), channel: lobby() },
    }
}

fn publish(id: u64, offset: u64, payload: Payload) -> ClientMessage {
    ClientMessage::Publish(Publish {
        id: RequestId(id),
        channel: lobby(),
        message_id: message_id(offset),
        turn: None,
        payload,
    })
}
