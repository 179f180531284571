//! The JSON protocol of Centrifuge 0.15. A frame may hold several replies, a line each.

use super::{Heard, Place, Role, Say, position};

pub(super) const PATH: &str = "/connection/websocket";

/// The bytes before a message.
const DATA: &[u8] = br#""data":""#;

/// Options of the Centrifuge dialect.
#[derive(Debug, Clone, Default)]
pub struct Centrifuge {
    /// Whether rooms have a history. Their channels then have other names.
    pub history: bool,
    /// The position to recover from, as epoch and offset.
    pub since: Option<(String, u64)>,
}

impl Centrifuge {
    pub(super) fn back(&self, answer: &[u8]) -> Option<Self> {
        let since = position(answer, "result")?;
        self.history.then(|| Self { since: Some(since), ..self.clone() })
    }

    pub(super) fn greeting(&self, place: Place) -> Vec<Say> {
        let connect = Say { text: r#"{"id":1,"params":{}}"#.to_owned(), answer: r#"{"id":1,"result""# };
        let since = self.since.as_ref().map_or_else(String::new, |(epoch, offset)| {
            format!(r#","recover":true,"epoch":"{epoch}","offset":{offset}"#)
        });
        let text =
            format!(r#"{{"id":2,"method":1,"params":{{"channel":"{}"{since}}}}}"#, self.channel(place));
        let subscribe = Say { text, answer: r#"{"id":2,"result""# };
        match place.role {
            Role::Reader | Role::Member | Role::Echo => vec![connect, subscribe],
            Role::Publisher => vec![connect],
        }
    }

    pub(super) fn publish(&self, place: Place, request: u64, data: &[u8], out: &mut Vec<u8>) {
        let channel = self.channel(place);
        let head = format!(r#"{{"id":{request},"method":3,"params":{{"channel":"{channel}","data":""#);
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(data);
        out.extend_from_slice(br#""}}"#);
    }

    fn channel(&self, place: Place) -> String {
        match place.role {
            Role::Echo => format!("echo{}", place.room),
            Role::Reader | Role::Publisher | Role::Member if self.history => format!("log{}", place.room),
            Role::Reader | Role::Publisher | Role::Member => format!("room{}", place.room),
        }
    }
}

pub(super) fn read<'a>(payload: &'a [u8], each: &mut impl FnMut(Heard<'a>)) {
    for line in payload.split(|byte| *byte == b'\n') {
        if line.starts_with(br#"{"result":{"channel""#) {
            // In a channel with a history, the offset follows the message.
            match line.strip_suffix(br#""}}}"#) {
                Some(data) => each(Heard::Delivery(data)),
                None => all_data(line, each),
            }
        } else if line.starts_with(br#"{"id""#) && find(line, br#""error":"#).is_some() {
            each(Heard::Refused(line));
        } else if line.starts_with(br#"{"id":2,"result""#) {
            // The answer to a subscribe contains the missed messages.
            all_data(line, each);
        }
    }
}

/// Calls `each` with all messages of a line. A message does not contain a quote.
fn all_data<'a>(mut line: &'a [u8], each: &mut impl FnMut(Heard<'a>)) {
    while let Some(at) = find(line, DATA) {
        let rest = &line[at + DATA.len()..];
        let end = rest.iter().position(|byte| *byte == b'"').unwrap_or(rest.len());
        let (data, rest) = rest.split_at(end);
        each(Heard::Delivery(data));
        line = rest;
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|bytes| bytes == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_read() {
        let mut heard = Vec::new();
        let payload =
            b"{\"result\":{\"channel\":\"room0\",\"data\":{\"data\":\"..1\"}}}\n{\"id\":3,\"result\":{}}\n";
        read(payload, &mut |what| heard.push(what));
        assert!(matches!(heard.as_slice(), [Heard::Delivery(data)] if data.ends_with(b"..1")));
    }

    #[test]
    fn what_was_missed_is_read_from_the_answer_and_what_follows_from_pushes() {
        let mut heard = Vec::new();
        let payload =
            b"{\"id\":2,\"result\":{\"recoverable\":true,\"publications\":[{\"offset\":1,\"data\":\"..1\"},\
            {\"data\":\"..2\",\"offset\":2}]}}\n\
            {\"result\":{\"channel\":\"log0\",\"data\":{\"data\":\"..3\",\"offset\":3}}}";
        read(payload, &mut |what| heard.push(what));
        assert_eq!(heard, [b"..1", b"..2", b"..3"].map(|data| Heard::Delivery(data)));
    }
}
