//! The protocol of NATS over WebSocket. A frame may hold several messages.

use super::{Heard, Place, Role, Say};

pub(super) const PATH: &str = "/";

pub(super) fn greeting(place: Place) -> Vec<Say> {
    let connect = r#"CONNECT {"verbose":false,"pedantic":false,"protocol":1}"#;
    let subscribe = match place.role {
        Role::Reader | Role::Member | Role::Echo => format!("SUB {} 1\r\n", subject(place)),
        Role::Publisher => String::new(),
    };
    vec![Say { text: format!("{connect}\r\n{subscribe}PING\r\n"), answer: "PONG" }]
}

pub(super) fn publish(place: Place, data: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("PUB {} {}\r\n", subject(place), data.len()).as_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
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
        each(Heard::Delivery(data));
        payload = rest.strip_prefix(b"\r\n").unwrap_or(rest);
    }
}

fn subject(place: Place) -> String {
    match place.role {
        Role::Echo => format!("echo.{}", place.room),
        Role::Reader | Role::Publisher | Role::Member => format!("room.{}", place.room),
    }
}

/// The number that a line ends with.
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
    fn half_a_message_is_told() {
        let mut refused = false;
        read(b"MSG room.0 1 30\r\nabc", &mut |what| refused = matches!(what, Heard::Refused(_)));
        assert!(refused);
    }
}
