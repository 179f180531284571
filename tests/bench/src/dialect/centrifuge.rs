//! The JSON protocol of Centrifuge 0.15. A frame may hold several replies, a line each.

use super::{Heard, Place, Role, Say};

pub(super) const PATH: &str = "/connection/websocket";

pub(super) fn greeting(place: Place) -> Vec<Say> {
    let connect = Say { text: r#"{"id":1,"params":{}}"#.to_owned(), answer: r#"{"id":1,"result""# };
    let text = format!(r#"{{"id":2,"method":1,"params":{{"channel":"{}"}}}}"#, channel(place));
    let subscribe = Say { text, answer: r#"{"id":2,"result""# };
    match place.role {
        Role::Reader | Role::Member | Role::Echo => vec![connect, subscribe],
        Role::Publisher => vec![connect],
    }
}

pub(super) fn publish(place: Place, request: u64, data: &[u8], out: &mut Vec<u8>) {
    let channel = channel(place);
    let head = format!(r#"{{"id":{request},"method":3,"params":{{"channel":"{channel}","data":""#);
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(br#""}}"#);
}

pub(super) fn read<'a>(payload: &'a [u8], each: &mut impl FnMut(Heard<'a>)) {
    for line in payload.split(|byte| *byte == b'\n') {
        if line.starts_with(br#"{"result":{"channel""#) {
            each(line.strip_suffix(br#""}}}"#).map_or(Heard::Other, Heard::Delivery));
        } else if line.starts_with(br#"{"id""#) && line.windows(8).any(|bytes| bytes == br#""error":"#) {
            each(Heard::Refused(line));
        }
    }
}

fn channel(place: Place) -> String {
    match place.role {
        Role::Echo => format!("echo{}", place.room),
        Role::Reader | Role::Publisher | Role::Member => format!("room{}", place.room),
    }
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
}
