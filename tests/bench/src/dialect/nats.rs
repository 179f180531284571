//! The protocol of NATS over WebSocket. A frame may hold several messages.

use std::cell::Cell;

use super::{Heard, Place, Role, Say};

pub(super) const PATH: &str = "/";

/// Subscription id of messages. Frames with another id are answers.
const SUBSCRIPTION: &str = "1";

/// Options of the NATS dialect.
#[derive(Debug, Clone, Default)]
pub struct Nats {
    /// Whether rooms have a history, which JetStream keeps in a file.
    pub history: bool,
    /// Whether readers receive the messages of the history.
    pub back: bool,
    /// Number of connections that have greeted. Each has a separate subject for answers.
    greeted: Cell<u32>,
}

impl Nats {
    /// Clients of rooms with a history.
    pub fn with_history() -> Self {
        Self { history: true, ..Self::default() }
    }

    /// Dialect of resuming clients.
    pub(super) fn back(&self) -> Option<Self> {
        self.history.then(|| Self { back: true, ..self.clone() })
    }

    pub(super) fn greeting(&self, place: Place) -> Vec<Say> {
        let number = self.greeted.replace(self.greeted.get() + 1);
        let subject = self.subject(place);
        let connect = r#"CONNECT {"verbose":false,"pedantic":false,"protocol":1}"#;
        let (rest, answer) = match place.role {
            Role::Reader if self.back => {
                let consumer = format!(
                    r#"{{"stream_name":"log","config":{{"deliver_subject":"back.{number}","filter_subject":"{subject}","deliver_policy":"all","ack_policy":"none","replay_policy":"instant","mem_storage":true}}}}"#
                );
                (
                    format!(
                        "SUB back.{number} {SUBSCRIPTION}\r\n{}",
                        ask("CONSUMER.CREATE", number, &consumer)
                    ),
                    "MSG answer",
                )
            }
            Role::Publisher if self.history => (
                ask("STREAM.CREATE", number, r#"{"name":"log","subjects":["log.*"],"storage":"file"}"#),
                "MSG answer",
            ),
            Role::Reader | Role::Member | Role::Echo => {
                (format!("SUB {subject} {SUBSCRIPTION}\r\nPING\r\n"), "PONG")
            }
            Role::Publisher => ("PING\r\n".to_owned(), "PONG"),
        };
        vec![Say { text: format!("{connect}\r\n{rest}"), answer }]
    }

    pub(super) fn publish(&self, place: Place, data: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(format!("PUB {} {}\r\n", self.subject(place), data.len()).as_bytes());
        out.extend_from_slice(data);
        out.extend_from_slice(b"\r\n");
    }

    fn subject(&self, place: Place) -> String {
        match place.role {
            Role::Echo => format!("echo.{}", place.room),
            Role::Reader | Role::Publisher | Role::Member if self.history => format!("log.{}", place.room),
            Role::Reader | Role::Publisher | Role::Member => format!("room.{}", place.room),
        }
    }
}

/// Returns a request to JetStream.
fn ask(what: &str, number: u32, body: &str) -> String {
    let length = body.len();
    format!("SUB answer.{number} 9\r\nPUB $JS.API.{what}.log answer.{number} {length}\r\n{body}\r\n")
}

pub(super) fn read<'a>(mut payload: &'a [u8], each: &mut impl FnMut(Heard<'a>)) {
    while let Some(end) = payload.iter().position(|byte| *byte == b'\n') {
        let (line, rest) = payload.split_at(end + 1);
        payload = rest;
        let bytes = match line.strip_prefix(b"MSG ").map(last_number) {
            Some(bytes) if bytes <= rest.len() => bytes,
            Some(_) => return each(Heard::Refused(b"half a message came in a frame")),
            None if line.starts_with(b"-ERR") => return each(Heard::Refused(line)),
            None => continue,
        };
        let (data, rest) = rest.split_at(bytes);
        if line.split(|byte| *byte == b' ').nth(2) == Some(SUBSCRIPTION.as_bytes()) {
            each(Heard::Delivery(data));
        } else if data.windows(8).any(|bytes| bytes == br#""error":"#) {
            each(Heard::Refused(data));
        }
        payload = rest.strip_prefix(b"\r\n").unwrap_or(rest);
    }
}

/// Parses the number at the end of a line.
fn last_number(line: &[u8]) -> usize {
    let line = line.trim_ascii_end();
    let begin = line.iter().rposition(|byte| *byte == b' ').map_or(0, |blank| blank + 1);
    line[begin..].iter().fold(0, |number, digit| number * 10 + usize::from(digit.wrapping_sub(b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_of_a_frame_is_read() {
        let mut heard = Vec::new();
        read(b"MSG room.0 1 3\r\nabc\r\nMSG room.0 1 2\r\nde\r\nPING\r\n", &mut |what| heard.push(what));
        assert_eq!(heard, [Heard::Delivery(b"abc"), Heard::Delivery(b"de")]);
    }

    #[test]
    fn an_answer_is_no_message() {
        let mut heard = Vec::new();
        read(b"MSG answer.3 9 2\r\n{}\r\nMSG log.0 1 $JS.ACK.log.x 3\r\nabc\r\n", &mut |what| {
            heard.push(what)
        });
        assert_eq!(heard, [Heard::Delivery(b"abc")]);
    }

    #[test]
    fn half_a_message_is_told() {
        let mut refused = false;
        read(b"MSG room.0 1 30\r\nabc", &mut |what| refused = matches!(what, Heard::Refused(_)));
        assert!(refused);
    }
}
