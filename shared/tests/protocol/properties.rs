//! What holds for every message and every text.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use shared::ids::{ChannelName, DisplayName, Epoch, MessageId, Namespace, UserId};
use shared::json as by_hand_json;
use shared::limits::{DATA_DEPTH_MAX, REFUSAL_CHARS_MAX};
use shared::protocol::{
    ClientMessage, ErrorCode, GapReason, Level, Message, Page, Payload, PresenceChange, ServerMessage,
    SignalState, codec,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::arbitrary::{channel, client_message, json, message_id, name, payload, server_message, user};
use crate::story::{client, server, typed};

/// A browser has no files to keep failures in; they are printed.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// A text is a message, or is refused with a code that says why and a sentence of bounded length.
fn assert_answered(text: &str) {
    let codes = [
        ErrorCode::NotJson,
        ErrorCode::UnknownType,
        ErrorCode::MissingField,
        ErrorCode::InvalidField,
        ErrorCode::InvalidChannel,
        ErrorCode::InvalidName,
        ErrorCode::TextTooLong,
        ErrorCode::PayloadTooLarge,
    ];
    if let Err(error) = codec::decode_client(text) {
        assert!(codes.contains(&error.refusal.code), "{error:?}");
        assert_eq!(error.refusal.retry_after_ms, None, "the same text is refused each time");
        let chars = error.refusal.message.chars().count();
        assert!((1..REFUSAL_CHARS_MAX + 40).contains(&chars), "{chars}: {error:?}");
    }
}

/// The server reads a message as it was written, or refuses its payload as the client's own check does.
fn assert_read(text: &str, message: ClientMessage) {
    let refused = match &message {
        ClientMessage::Publish(publish) => publish.payload.check().err().map(|refusal| refusal.code),
        _ => None,
    };
    match (codec::decode_client(text), refused) {
        (Ok(read), None) => assert_eq!(typed(read), message),
        (Err(error), Some(code)) => assert_eq!(error.refusal.code, code, "{error:?}"),
        (read, refused) => panic!("{read:?}, and the client's own check says {refused:?}"),
    }
}

#[test]
fn a_client_message_is_read_as_it_was_written() {
    proptest!(config(), |(message in client_message())| {
        assert_read(&codec::encode_client(&message), message);
    });
}

#[test]
fn a_server_message_is_read_as_it_was_written() {
    proptest!(config(), |(message in server_message())| {
        prop_assert_eq!(codec::decode_server(&codec::encode_server(&message)).unwrap(), message);
    });
}

#[test]
fn what_a_later_version_adds_is_ignored() {
    proptest!(config(), |(message in client_message(), added in json())| {
        let mut value: Value = serde_json::from_str(&codec::encode_client(&message)).unwrap();
        value["of_a_later_version"] = added;
        assert_read(&value.to_string(), message);
    });
    proptest!(config(), |(message in server_message(), added in json())| {
        let mut value: Value = serde_json::from_str(&codec::encode_server(&message)).unwrap();
        value["of_a_later_version"] = added;
        prop_assert_eq!(codec::decode_server(&value.to_string()).unwrap(), message);
    });
}

/// What the page reads and writes by hand is what the derived code reads and writes.
#[test]
fn messages_by_hand_are_those_of_serde() {
    proptest!(config(), |(message in client_message())| {
        let (by_hand, derived) = (codec::encode_client(&message), serde_json::to_string(&message).unwrap());
        if matches!(&message, ClientMessage::Publish(publish) if matches!(publish.payload, Payload::Custom { .. })) {
            // Fractions have several forms.
            let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            prop_assert_eq!(value(&by_hand), value(&derived));
        } else {
            prop_assert_eq!(by_hand, derived);
        }
    });
    let name = prop_oneof![
        Just("id"),
        Just("channel"),
        Just("offset"),
        Just("prev"),
        Just("at"),
        Just("from"),
        Just("payload"),
        Just("position"),
        Just("head"),
        Just("gap"),
        Just("heads"),
        Just("messages"),
        Just("more"),
        Just("message"),
        Just("duplicate"),
        Just("retry_after_ms"),
        Just("turn"),
        Just("delivered"),
        Just("read"),
        Just("user"),
        Just("name"),
        Just("token"),
        Just("heartbeat_ms"),
        Just("limits"),
        Just("version"),
        Just("reason"),
    ];
    proptest!(config(), |(message in server_message(), name in name, put in proptest::option::of(json()), inner in any::<bool>())| {
        let mut value = serde_json::to_value(&message).unwrap();
        let fields = value.as_object_mut().unwrap();
        let names: Vec<String> = fields.keys().cloned().collect();
        for (key, field) in fields.iter_mut().filter(|_| inner) {
            // What lies deeper: a payload's text, a sender's name, a position's offset.
            if let (Some(object), "payload" | "from" | "position" | "limits" | "gap") = (field.as_object_mut(), key.as_str())
                && let Some(first) = object.keys().find(|key| *key != "type" && *key != "level" && *key != "reason").cloned()
            {
                object.insert(first, put.clone().unwrap_or(Value::Null));
            }
        }
        if !inner && names.iter().any(|known| known == name) {
            match put {
                Some(put) => fields.insert(name.to_owned(), put),
                None => fields.remove(name),
            };
        }
        let text = value.to_string();
        prop_assert_eq!(codec::decode_server(&text).ok(), serde_json::from_str::<ServerMessage>(&text).ok(), "{}", text);
    });
}

#[test]
fn a_payload_by_hand_is_that_of_serde() {
    proptest!(config(), |(payload in payload())| {
        let by_hand: Value = serde_json::from_str(&payload.to_json()).unwrap();
        let laid_out: Value = serde_json::from_str(&by_hand_json::pretty(&by_hand)).unwrap();
        prop_assert_eq!(&laid_out, &by_hand);
        // A browser writes some fractions in another form.
        if cfg!(not(target_arch = "wasm32")) {
            prop_assert_eq!(by_hand_json::length(&by_hand), by_hand.to_string().len());
            prop_assert_eq!(by_hand_json::sorted(&payload.to_json()), by_hand.to_string());
            prop_assert_eq!(by_hand_json::pretty(&by_hand), serde_json::to_string_pretty(&by_hand).unwrap());
        }
        prop_assert_eq!(by_hand, serde_json::to_value(&payload).unwrap());
    });
}

#[test]
fn kinds_of_a_later_version_are_read_as_unknown() {
    let sender = r#""from":{"user":"bob","name":"Bob"}"#;
    let signal =
        format!(r#"{{"type":"signal","channel":"room:lobby",{sender},"kind":"waving","strength":3}}"#);
    let Ok(ServerMessage::Signal(signal)) = codec::decode_server(&signal) else { panic!("{signal}") };
    assert_eq!(signal.state, SignalState::Unknown);

    let error = r#"{"type":"error","code":"too_loud","message":"Be quiet."}"#;
    let Ok(ServerMessage::Error(error)) = codec::decode_server(error) else { panic!("{error}") };
    assert_eq!((error.refusal.code, error.refusal.message.as_str()), (ErrorCode::Unknown, "Be quiet."));

    let position = r#""position":{"epoch":"00000000000000ab","offset":3}"#;
    let gap = r#""gap":{"oldest":4,"reason":"archived"}"#;
    let subscribed =
        format!(r#"{{"type":"subscribed","id":1,"channel":"room:lobby",{position},"head":9,{gap}}}"#);
    let Ok(ServerMessage::Subscribed(subscribed)) = codec::decode_server(&subscribed) else {
        panic!("{subscribed}")
    };
    assert_eq!(subscribed.gap.map(|gap| gap.reason), Some(GapReason::Unknown));
}

/// What a later server may send, and both readers.
fn read_both(text: &str) -> ServerMessage {
    let by_hand = codec::decode_server(text).unwrap();
    assert_eq!(serde_json::from_str::<ServerMessage>(text).unwrap(), by_hand, "{text}");
    by_hand
}

fn message_json(offset: u64, payload: &str) -> String {
    format!(
        r#"{{"channel":"room:lobby","offset":{offset},"prev":{},"id":"019b7e00-0000-7000-8000-{offset:012}","at":1,"from":{{"user":"bob","name":"Bob"}},"payload":{payload}}}"#,
        offset - 1
    )
}

#[test]
fn a_payload_of_a_later_version_hides_nothing_but_itself() {
    let kinds = [
        (r#"{"type":"poll","question":"Tea?"}"#, "poll"),
        (r#"{"type":"chat","text":["a","b"]}"#, "chat"),
        (r#"{"type":"reaction","of":"not-a-uuid","emoji":"x","on":true}"#, "reaction"),
        (r#"{"text":"no type"}"#, ""),
    ];
    for (payload, kind) in kinds {
        let kind = kind.to_owned();
        let text = message_json(7, payload).replacen('{', r#"{"type":"message","#, 1);
        let ServerMessage::Message(message) = read_both(&text) else { panic!("{text}") };
        assert_eq!((message.offset.0, message.payload), (7, Payload::Unknown { kind: kind.clone() }));
        let push = format!(r#"{{"type":"push","payload":{payload}}}"#);
        let ServerMessage::Push(push) = read_both(&push) else { panic!("{push}") };
        assert_eq!(push.payload, Payload::Unknown { kind });
        assert!(codec::decode_client(&format!(
            r#"{{"type":"publish","id":1,"channel":"room:lobby","message_id":"019b7e00-0000-7000-8000-000000000001","payload":{payload}}}"#
        )).is_err(), "a server takes only what it knows");
    }
}

#[test]
fn one_unreadable_item_spoils_no_list() {
    let chat = message_json(1, r#"{"type":"chat","text":"a"}"#);
    let poll = message_json(2, r#"{"type":"poll"}"#);
    let text = format!(r#"{{"type":"page","id":3,"messages":[{chat},{poll},{{"offset":3}},7],"more":true}}"#);
    let ServerMessage::Page(page) = read_both(&text) else { panic!("{text}") };
    assert_eq!(page.messages.iter().map(|message| message.offset.0).collect::<Vec<_>>(), [1, 2]);

    let heads = r#"[{"channel":"no channel","offset":1},{"channel":"room:lobby","offset":2}]"#;
    let text = format!(r#"{{"type":"heartbeat","at":1,"heads":{heads}}}"#);
    let ServerMessage::Heartbeat(heartbeat) = read_both(&text) else { panic!("{text}") };
    assert_eq!(heartbeat.heads.len(), 1);

    let members = r#"[{"user":"no user!","name":"X"},{"user":"bob","name":"Bob"}]"#;
    let text = format!(r#"{{"type":"presence","id":4,"channel":"room:lobby","members":{members}}}"#);
    let ServerMessage::Presence(presence) = read_both(&text) else { panic!("{text}") };
    assert!(matches!(presence.change, PresenceChange::Members(members) if members.len() == 1));
}

#[test]
fn a_level_or_a_change_of_a_later_version_is_read() {
    let notification = r#"{"type":"notification","title":"t","level":"critical"}"#;
    let text = format!(r#"{{"type":"push","payload":{notification}}}"#);
    let ServerMessage::Push(push) = read_both(&text) else { panic!("{text}") };
    assert!(matches!(push.payload, Payload::Notification { level: Level::Unknown, .. }), "{push:?}");

    let text = r#"{"type":"presence","id":4,"channel":"room:lobby","away":["bob"]}"#;
    let ServerMessage::Presence(presence) = read_both(text) else { panic!("{text}") };
    assert_eq!(presence.change, PresenceChange::Unknown);
}

#[test]
fn any_text_is_answered() {
    proptest!(config(), |(text in any::<String>())| assert_answered(&text));
}

#[test]
fn any_json_is_answered() {
    proptest!(config(), |(value in json())| assert_answered(&value.to_string()));
}

#[test]
fn a_message_with_a_field_of_any_json_is_answered() {
    let field = prop_oneof![
        Just("type"),
        Just("id"),
        Just("channel"),
        Just("version"),
        Just("name"),
        Just("since"),
        Just("payload"),
        Just("message_id"),
        Just("limit"),
        Just("before"),
        Just("kind"),
        Just("read"),
    ];
    proptest!(config(), |(message in client_message(), field in field, put in json())| {
        let mut value: Value = serde_json::from_str(&codec::encode_client(&message)).unwrap();
        value[field] = put;
        assert_answered(&value.to_string());
    });
}

#[test]
fn a_message_that_was_cut_short_is_refused() {
    proptest!(config(), |(message in client_message(), at in any::<Index>())| {
        let text = codec::encode_client(&message);
        let ends: Vec<usize> = text.char_indices().map(|(end, _)| end).collect();
        let cut = &text[..*at.get(&ends)];
        assert_answered(cut);
        prop_assert_eq!(codec::decode_client(cut).unwrap_err().refusal.code, ErrorCode::NotJson);
    });
}

#[test]
fn a_message_with_a_wrong_character_is_answered() {
    proptest!(config(), |(message in client_message(), at in any::<Index>(), put in any::<char>())| {
        let mut text: Vec<char> = codec::encode_client(&message).chars().collect();
        let at = at.index(text.len());
        text[at] = put;
        assert_answered(&text.into_iter().collect::<String>());
    });
}

#[test]
fn a_field_that_is_missing_is_named() {
    for (name, text, _) in client() {
        let whole: Value = serde_json::from_str(text).unwrap();
        for field in whole.as_object().unwrap().keys() {
            let mut value = whole.clone();
            value.as_object_mut().unwrap().remove(field);
            if let Err(error) = codec::decode_client(&value.to_string()) {
                assert_eq!(error.refusal.code, ErrorCode::MissingField, "{name} without {field}");
                assert!(error.refusal.message.contains(field), "{name}: {error}");
                let id = if field == "id" { None } else { whole["id"].as_u64() };
                assert_eq!(error.id.map(|id| id.0), id, "the error names the request it answers");
            }
        }
    }
}

#[test]
fn a_long_value_is_not_quoted_back_as_a_whole() {
    let text = format!(r#"{{"type":"hello","version":"{}"}}"#, "x".repeat(60_000));
    assert_answered(&text);
    assert!(codec::decode_client(&text).unwrap_err().refusal.message.ends_with('…'));
}

/// What may be published can be read back in a page, which nests it deeper.
#[test]
fn a_payload_as_deep_as_allowed_can_be_read_in_a_page() {
    let data = (0..DATA_DEPTH_MAX).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let payload = Payload::Custom { name: "deep".to_owned(), data };
    assert_eq!(payload.check(), Ok(()));
    let Some((_, _, ServerMessage::Message(message))) =
        server().into_iter().find(|(name, ..)| *name == "message_chat")
    else {
        panic!("no golden message")
    };
    let messages = vec![Message { payload, ..message }];
    let page = ServerMessage::Page(Page { id: shared::ids::RequestId(1), messages, more: false });
    assert_eq!(codec::decode_server(&codec::encode_server(&page)).unwrap(), page);
}

#[test]
fn texts_without_end_in_depth_are_refused() {
    for nested in ["[".repeat(100_000), r#"{"payload":"#.repeat(10_000), r#"{"type":"#.repeat(10_000)] {
        assert_eq!(codec::decode_client(&nested).unwrap_err().refusal.code, ErrorCode::NotJson);
    }
}

#[test]
fn names_and_numbers_are_read_as_they_were_written() {
    proptest!(config(), |(channel in channel(), user in user(), name in name(), id in message_id(), epoch in any::<u64>())| {
        prop_assert_eq!(ChannelName::parse(&channel.to_string()), Ok(channel.clone()));
        prop_assert_eq!(Namespace::parse(channel.namespace()).unwrap().to_string(), channel.namespace());
        prop_assert_eq!(format!("{}:{}", channel.namespace(), channel.name()), channel.as_str());
        prop_assert_eq!(UserId::parse(&user.to_string()), Ok(user));
        prop_assert_eq!(DisplayName::parse(&name.to_string()), Ok(name));
        prop_assert_eq!(MessageId::parse(&id.to_string()), Ok(id));
        prop_assert_eq!(MessageId::from_bytes(*id.as_bytes()), id);
        prop_assert_eq!(Epoch::parse(&Epoch(epoch).to_string()), Ok(Epoch(epoch)));
    });
}

#[test]
fn any_text_is_a_name_as_it_is_written_or_none() {
    proptest!(config(), |(text in "\\PC{0,50}|[a-z]{1,9}:[a-zA-Z0-9 /]{0,9}")| {
        for written in [ChannelName::parse(&text).map(|name| name.to_string()), UserId::parse(&text).map(|name| name.to_string())] {
            prop_assert!(written.is_err() || written == Ok(text.clone()));
        }
        if let Ok(name) = DisplayName::parse(&text) {
            prop_assert_eq!(DisplayName::parse(name.as_str()), Ok(name.clone()), "a name is read as it is written");
            prop_assert_eq!(DisplayName::of_record(&text), name);
        }
    });
}
