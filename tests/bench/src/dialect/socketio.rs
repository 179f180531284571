//! Socket.IO 4 over Engine.IO 4, WebSocket only.

use super::{Heard, Place, Role, Say};

pub(super) const PATH: &str = "/socket.io/?EIO=4&transport=websocket";

pub(super) fn greeting(place: Place) -> Vec<Say> {
    let connect = Say { text: "40".to_owned(), answer: "40" };
    let join = Say { text: format!(r#"42["join","{}"]"#, place.room), answer: r#"42["joined"]"# };
    match place.role {
        Role::Reader | Role::Member => vec![connect, join],
        Role::Publisher | Role::Echo => vec![connect],
    }
}

pub(super) fn publish(place: Place, data: &[u8], out: &mut Vec<u8>) {
    match place.role {
        Role::Echo => out.extend_from_slice(br#"42["echo",""#),
        Role::Reader | Role::Publisher | Role::Member => {
            out.extend_from_slice(format!(r#"42["say","{}",""#, place.room).as_bytes());
        }
    }
    out.extend_from_slice(data);
    out.extend_from_slice(br#""]"#);
}

pub(super) fn read(payload: &[u8]) -> Heard<'_> {
    let data = payload.strip_prefix(br#"42["m",""#).and_then(|rest| rest.strip_suffix(br#""]"#));
    data.map_or(Heard::Other, Heard::Delivery)
}
