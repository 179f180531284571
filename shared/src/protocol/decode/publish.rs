//! Reads a chat `publish` in the form that our clients write: known fields in the usual order, without white space.
//!
//! It needs half the instructions of the derived reader, which skips the payload before it is checked and compares the
//! bytes of each key several times. It refuses nothing: texts of another form, or with an error, go to the derived reader.

use crate::ids::{ChannelName, MessageId, RequestId};
use crate::protocol::client::Publish;
use crate::protocol::raw::RawPayload;

/// Reads `text` if it has that form and the derived reader would accept it.
pub(super) fn read_chat(text: &str) -> Option<Publish<RawPayload>> {
    let (id, rest) = number(text.strip_prefix(r#"{"type":"publish","id":"#)?)?;
    // A valid channel and message id contain no escapes, so each ends with the next quotation mark.
    let (channel, rest) = rest.strip_prefix(r#","channel":""#)?.split_once('"')?;
    let (message_id, rest) = rest.strip_prefix(r#","message_id":""#)?.split_once('"')?;
    let (turn, rest) = match rest.strip_prefix(r#","turn":"#) {
        Some(rest) => number(rest).map(|(turn, rest)| (Some(turn), rest))?,
        None => (None, rest),
    };
    // The payload is checked first, because it is the most frequent reason to give up. It is not JSON if more fields follow.
    let payload = RawPayload::of_chat(rest.strip_prefix(r#","payload":"#)?.strip_suffix('}')?)?;
    Some(Publish {
        id: RequestId(id),
        channel: ChannelName::parse(channel).ok()?,
        message_id: MessageId::parse(message_id).ok()?,
        turn,
        payload,
    })
}

/// Returns the number at the start and the rest. JSON does not allow leading zeros (RFC 8259 §6).
fn number(text: &str) -> Option<(u64, &str)> {
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    if digits.starts_with('0') && digits.len() > 1 {
        return None;
    }
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{PAYLOAD_BYTES_MAX, TEXT_BYTES_MAX};
    use crate::protocol::{ClientMessage, codec};

    const ID: &str = "019b7e00-0000-7000-8000-000000000001";

    fn publish(id: &str, channel: &str, message_id: &str, turn: &str, payload: &str) -> String {
        format!(
            r#"{{"type":"publish","id":{id},"channel":"{channel}","message_id":"{message_id}"{turn},"payload":{payload}}}"#
        )
    }

    fn chat(text: &str) -> String {
        publish("7", "room:a", ID, "", &format!(r#"{{"type":"chat","text":"{text}"}}"#))
    }

    /// The same message in a form that only the derived reader reads.
    fn read_by_serde(text: &str) -> Option<Publish<RawPayload>> {
        match codec::decode_client(&format!(" {text}")) {
            Ok(ClientMessage::Publish(publish)) => Some(publish),
            Ok(_) | Err(_) => None,
        }
    }

    #[test]
    fn a_chat_of_our_clients_is_read_here_and_as_serde_reads_it() {
        let long = "x".repeat(TEXT_BYTES_MAX);
        let reply = format!(r#"{{"type":"chat","reply_to":"{ID}","text":"a"}}"#);
        for text in [
            chat("a"),
            chat(&long),
            chat(r#"a \"b\" \\ \u00e4 \ud83d\udc4b 🙂 \",\"payload\":{}}"#),
            publish("0", "live:a-b_c.d+e@f", ID, "", r#"{"type":"chat","text":"a"}"#),
            publish("18446744073709551615", "room:a", ID, r#","turn":0"#, &reply),
            publish("1", "room:a", &ID.to_uppercase(), r#","turn":18446744073709551615"#, &reply),
            publish("1", "room:a", ID, "", "{\"type\":\"chat\",\n\"text\" : \"a\" }"),
        ] {
            let read = read_chat(&text);
            assert!(read.is_some(), "{text}");
            assert_eq!(read, read_by_serde(&text), "{text}");
        }
    }

    #[test]
    fn whatever_is_read_here_is_what_serde_reads() {
        let one = r#"{"type":"chat","text":"a"}"#;
        let bytes_above = format!(r#"{{"type":"chat","text":"a"{}}}"#, " ".repeat(PAYLOAD_BYTES_MAX));
        let numbers = [
            "01",
            "00",
            "-1",
            "-0",
            "+1",
            "1.0",
            "1e2",
            "18446744073709551616",
            "",
            " 1",
            "1 ",
            "null",
            "\"1\"",
        ];
        let with_number = numbers.iter().flat_map(|number| {
            [
                publish(number, "room:a", ID, "", one),
                publish("1", "room:a", ID, &format!(r#","turn":{number}"#), one),
            ]
        });
        let channels = [
            "",
            "room",
            "room:a\\u0062",
            "room:a\\\"b",
            "room:ä",
            "room:a\n",
            "room:a\",\"x\":\"",
            r#"room:a","channel":"room:b"#,
        ];
        let with_channel = channels.iter().map(|channel| publish("1", channel, ID, "", one));
        let ids = [
            "",
            "x",
            &ID[1..],
            "019b7e00-0000-7000-8000-00000000000\\u0031",
            "019b7e00000070008000000000000001",
        ];
        let with_id = ids.iter().map(|id| publish("1", "room:a", id, "", one));
        let payloads = [
            "",
            "1",
            "null",
            "{}",
            "[]",
            r#"["chat","a"]"#,
            r#"{"type":"dance"}"#,
            r#"{"type":"chat"}"#,
            r#"{"type":"chat","text":1}"#,
            r#" {"type":"chat","text":"a"}"#,
            r#"{"type":"chat","text":"a"} "#,
            r#"{"type":"chat","text":"a"}}"#,
            r#"{"type":"chat","text":"a"},"turn":2"#,
            r#"{"type":"chat","text":"a"},"later":{}"#,
            r#"{"type":"chat","text":"a"},"type":"publish""#,
            r#"{"type":"chat","text":"a"},"payload":{"type":"chat","text":"b"}"#,
            r#"{"text":"a","type":"chat"}"#,
            r#"{ "type":"chat","text":"a"}"#,
            r#"{"type":"chat","text":"a","text":"b"}"#,
            r#"{"type":"chat","text":"a","type":"chat"}"#,
            r#"{"type":"chat","text":"a","later":1}"#,
            r#"{"type":"chat","text":"\ud83d"}"#,
            r#"{"type":"chat","text":" "}"#,
            "{\"type\":\"chat\",\"text\":\"a\nb\"}",
            r#"{"type":"chat","text":"a","reply_to":"x"}"#,
            r#"{"type":"chat","text":"a","reply_to":null}"#,
            r#"{"type":"retract","of":"019b7e00-0000-7000-8000-000000000001"}"#,
            r#"{"type":"custom","name":"n","data":{"x":1}}"#,
            &bytes_above,
        ];
        let with_payload = payloads.iter().map(|payload| publish("1", "room:a", ID, "", payload));
        let long = chat(&"x".repeat(TEXT_BYTES_MAX + 1));
        for text in with_number.chain(with_channel).chain(with_id).chain(with_payload).chain([long]) {
            if let Some(read) = read_chat(&text) {
                assert_eq!(Some(read), read_by_serde(&text), "{text}");
            }
        }
    }

    #[test]
    fn a_text_that_was_cut_or_changed_anywhere_is_read_as_serde_reads_it() {
        let text = publish("10", "room:a", ID, r#","turn":20"#, r#"{"type":"chat","text":"a\n"}"#);
        for place in 0..text.len() {
            let (before, after) = text.split_at(place);
            let changed =
                ["", "\"", "\\", "0", " ", "{", "}", ",", "\u{0}", "ä"].into_iter().flat_map(|with| {
                    [format!("{before}{with}{after}"), format!("{before}{with}{}", &after[1..])]
                });
            for text in changed.chain([before.to_owned()]) {
                if let Some(read) = read_chat(&text) {
                    assert_eq!(Some(read), read_by_serde(&text), "{text}");
                }
            }
        }
    }
}
