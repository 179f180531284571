//! The messages of the golden files, as values. Together they tell one story: Ada, a guest, meets Bob in the lobby.

mod client;
mod later;
mod server;

use shared::ids::{ChannelName, DisplayName, Epoch, MessageId, Offset, UserId};
use shared::protocol::{ClientMessage, Position, RawPayload, Sender};

pub(crate) use client::client;
pub(crate) use later::later;
pub(crate) use server::server;

/// A golden file's name and text, and the value it stands for.
pub(crate) type Golden<M> = (&'static str, &'static str, M);

/// Lists golden files of one direction with their values. The text is compiled in: a browser has no file system.
macro_rules! golden {
    ($direction:literal; $($name:literal: $value:expr,)+) => {
        vec![$((
            $name,
            include_str!(concat!("../../../golden/", $direction, "/", $name, ".json")),
            $value,
        ),)+]
    };
}
use golden;

/// Where Ada's greeting stands in the lobby.
const GREETING: u64 = 42;

fn lobby() -> ChannelName {
    ChannelName::parse("room:lobby").unwrap()
}

fn ada() -> Sender {
    sender("guest-5xk3m0q8w2fz", "Ada")
}

/// Ada's name after she has changed it.
fn renamed() -> DisplayName {
    DisplayName::parse("Ada Lovelace").unwrap()
}

fn bob() -> Sender {
    sender("bob", "Bob")
}

fn sender(user: &str, name: &str) -> Sender {
    Sender { user: UserId::parse(user).unwrap(), name: DisplayName::parse(name).unwrap() }
}

/// The id of the message at this place of the lobby.
fn message_id(offset: u64) -> MessageId {
    let at = time_of(offset);
    MessageId::parse(&format!("{:08x}-{:04x}-7a10-8b5e-2f6c9d0e00{offset:02x}", at >> 16, at & 0xffff))
        .unwrap()
}

/// When it was written: half a minute lies between one and the next.
fn time_of(offset: u64) -> u64 {
    1_767_346_200_000 + (offset - GREETING) * 30_000
}

fn at(offset: u64) -> Position {
    Position { epoch: Epoch(0x8c1f_03d2_5ab7_e946), offset: Offset(offset) }
}

/// What the server has read, with the payload's text read as well.
pub(crate) fn typed(message: ClientMessage<RawPayload>) -> ClientMessage {
    serde_json::from_value(serde_json::to_value(message).unwrap()).unwrap()
}
