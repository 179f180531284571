//! Writes the JSON of the messages of a channel, wherever the server sends them, and of `accepted`, byte for byte as
//! [`codec::write_server`](shared::protocol::codec::write_server) does.
//!
//! The derived serializers search every byte of every key and value for characters to escape, and cost three times as
//! many instructions. Here only the sender's name is searched: nothing else can contain a character that JSON escapes.

use itoa::Buffer;
use shared::ids::MessageId;
use shared::protocol::{Accepted, Message, RawPayload, Sender};

/// Appends a `message`.
pub(super) fn write_message(bytes: &mut Vec<u8>, message: &Message<RawPayload>) {
    append(bytes, &[r#"{"type":"message","#]);
    write_fields(bytes, message);
}

/// Returns messages as a JSON array: those of a `page`, and of a response of the HTTP API.
pub fn messages_json(messages: &[Message<RawPayload>]) -> Vec<u8> {
    const AROUND_BYTES: usize = 256;
    let bytes = messages.iter().map(|message| AROUND_BYTES + message.payload.as_str().len()).sum::<usize>();
    let mut array = Vec::with_capacity(bytes + 2);
    array.push(b'[');
    for (number, message) in messages.iter().enumerate() {
        append(&mut array, &[if number == 0 { "{" } else { ",{" }]);
        write_fields(&mut array, message);
    }
    array.push(b']');
    array
}

/// Appends the fields of a message, and the brace that ends it. This is the only place of the server with their names.
///
/// Channels, user ids and message ids consist of letters, digits and `_ - . : + @` (`shared::ids`), so they need no
/// escaping. The payload is JSON already ([`RawPayload`]).
fn write_fields(bytes: &mut Vec<u8>, message: &Message<RawPayload>) {
    // Every field is named, so that the code does not compile if a new field is not written.
    let Message { channel, offset, prev, id, at, from: Sender { user, name }, payload } = message;
    append(
        bytes,
        &[
            r#""channel":""#,
            channel.as_str(),
            r#"","offset":"#,
            Buffer::new().format(offset.0),
            r#","prev":"#,
            Buffer::new().format(prev.0),
            r#","id":""#,
            id.encode(&mut [0; MessageId::TEXT_BYTES]),
            r#"","at":"#,
            Buffer::new().format(at.0),
            r#","from":{"user":""#,
            user.as_str(),
            r#"","name":"#,
        ],
    );
    // Writing to memory cannot fail.
    let written = serde_json::to_writer(&mut *bytes, name.as_str());
    debug_assert!(written.is_ok());
    append(bytes, &[r#"},"payload":"#, payload.as_str(), "}"]);
}

/// Appends an `accepted`.
pub(super) fn write_accepted(bytes: &mut Vec<u8>, accepted: &Accepted) {
    let Accepted { id, offset, duplicate } = accepted;
    append(
        bytes,
        &[
            r#"{"type":"accepted","id":"#,
            Buffer::new().format(id.0),
            r#","offset":"#,
            Buffer::new().format(offset.0),
            if *duplicate { r#","duplicate":true}"# } else { r#","duplicate":false}"# },
        ],
    );
}

fn append(bytes: &mut Vec<u8>, pieces: &[&str]) {
    for piece in pieces {
        bytes.extend_from_slice(piece.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::ServerMessage;
    use shared::ids::{ChannelName, DisplayName, Offset, RequestId, UserId};
    use shared::protocol::codec;
    use shared::time::Timestamp;

    const NUMBERS: [u64; 6] = [0, 9, 10, 1 << 53, u64::MAX - 1, u64::MAX];

    #[track_caller]
    fn check(message: &ServerMessage, write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = b"earlier bytes".to_vec();
        let mut expected = bytes.clone();
        write(&mut bytes);
        codec::write_server(message, &mut expected).unwrap();
        assert_eq!(String::from_utf8(bytes), String::from_utf8(expected));
    }

    fn messages(payload: &str, name: &str, number: u64) -> impl Iterator<Item = Message<RawPayload>> {
        let payload = RawPayload::from_stored(payload.to_owned()).unwrap();
        let name = DisplayName::of_record(name);
        let channels = ["room:lobby", "dm:ada+bob", "a-1:Z_z-.+@0", "live:bench"];
        let users = ["ada", "A.b_c-9", "0"];
        channels.into_iter().zip(users.into_iter().cycle()).map(move |(channel, user)| Message {
            channel: ChannelName::parse(channel).unwrap(),
            offset: Offset(number),
            prev: Offset(number / 3),
            id: MessageId::from_bytes((u128::from(number) << 61 | 0xabcdef).to_be_bytes()),
            at: Timestamp(number / 7),
            from: Sender { user: UserId::parse(user).unwrap(), name: name.clone() },
            payload: payload.clone(),
        })
    }

    #[test]
    fn a_message_is_written_as_by_the_derived_serializer() {
        let names =
            ["Ada", r#"A "b" \ /"#, "林黛玉", "🙂", "\u{0}\u{7f}\u{1f}\t", "a\u{2028}b", "\u{85}", "</b>"];
        let payloads = [
            r#"{"type":"chat","text":"a \"b\" \\ \u0000 \u2028 ü 🙂"}"#,
            "{ \"type\" : \"chat\",\n\t\"text\":\"a\" , \"later\": [1.50, 1e2, -0.0, null] }",
            r#"{"type":"custom","name":"n","data":{"deep":[[[{}]]],"large":18446744073709551616}}"#,
            r#"{"type":"retract","of":"019B7E00-0000-7000-8000-000000000001"}"#,
        ];
        for (payload, name, number) in payloads.iter().flat_map(|payload| {
            names.iter().flat_map(move |name| NUMBERS.map(|number| (*payload, *name, number)))
        }) {
            for message in messages(payload, name, number) {
                check(&ServerMessage::Message(message.clone()), |bytes| write_message(bytes, &message));
            }
        }
    }

    #[test]
    fn messages_are_written_as_by_the_derived_serializer() {
        let several: Vec<_> = messages(r#"{"type":"chat","text":"a"}"#, "Ada", 7).collect();
        for some in [&several[..0], &several[..1], &several] {
            assert_eq!(messages_json(some), serde_json::to_vec(some).unwrap());
        }
    }

    #[test]
    fn an_answer_is_written_as_by_the_derived_serializer() {
        for (id, offset) in NUMBERS.into_iter().flat_map(|id| NUMBERS.map(|offset| (id, offset))) {
            for duplicate in [false, true] {
                let accepted = Accepted { id: RequestId(id), offset: Offset(offset), duplicate };
                check(&ServerMessage::Accepted(accepted), |bytes| write_accepted(bytes, &accepted));
            }
        }
    }
}
