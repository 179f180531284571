//! Each golden file is what its value is written as, and is read as that value.

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde_json::Value;
use shared::protocol::{ClientMessage, ServerMessage, codec};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::story::{Golden, client, later, server, typed};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn assert_golden<M: PartialEq + Debug, E: Debug>(
    files: Vec<Golden<M>>,
    encode: impl Fn(&M) -> String,
    decode: impl Fn(&str) -> Result<M, E>,
) {
    for (name, text, value) in files {
        assert_eq!(decode(text).unwrap(), value, "{name}.json is read as something else");
        assert_eq!(json(&encode(&value)), json(text), "{name}.json is written otherwise");
    }
}

#[test]
fn each_client_message_is_read_and_written_as_its_golden_file() {
    assert_golden(client(), codec::encode_client, |text| codec::decode_client(text).map(typed));
}

#[test]
fn each_server_message_is_read_and_written_as_its_golden_file() {
    assert_golden(server(), codec::encode_server, codec::decode_server);
}

/// The app and the native client use the first reader, code that uses serde the second.
#[test]
fn each_value_of_a_later_version_is_read_as_unknown_by_both_readers() {
    for (name, text, value) in later() {
        assert_eq!(codec::decode_server(text).unwrap(), value, "{name}.json");
        assert_eq!(serde_json::from_str::<ServerMessage>(text).unwrap(), value, "{name}.json, by serde");
    }
}

/// The values of a field at `path` in all files.
fn values_of<M>(files: Vec<Golden<M>>, path: &str) -> BTreeSet<String> {
    let texts = files.into_iter().map(|(_, text, _)| json(text));
    texts.filter_map(|json| json.pointer(path)?.as_str().map(str::to_owned)).collect()
}

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().copied().map(str::to_owned).collect()
}

/// A new variant does not compile here until it has a name, and then it lacks a golden file.
fn type_of(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::Welcome(_) => "welcome",
        ServerMessage::Renamed(_) => "renamed",
        ServerMessage::Subscribed(_) => "subscribed",
        ServerMessage::Message(_) => "message",
        ServerMessage::Accepted(_) => "accepted",
        ServerMessage::Page(_) => "page",
        ServerMessage::Push(_) => "push",
        ServerMessage::Signal(_) => "signal",
        ServerMessage::Presence(_) => "presence",
        ServerMessage::Heartbeat(_) => "heartbeat",
        ServerMessage::Error(_) => "error",
        ServerMessage::Closing(_) => "closing",
        ServerMessage::Unknown => "of a later version",
    }
}

#[test]
fn each_type_has_a_golden_file() {
    assert_eq!(values_of(client(), "/type"), set(ClientMessage::TYPES));
    let server_types = [
        "welcome",
        "renamed",
        "subscribed",
        "message",
        "accepted",
        "page",
        "push",
        "signal",
        "presence",
        "heartbeat",
        "error",
        "closing",
    ];
    assert_eq!(values_of(server(), "/type"), set(&server_types));
    for (name, text, value) in server() {
        assert_eq!(json(text)["type"], type_of(&value), "{name}");
    }
}

#[test]
fn each_kind_within_a_message_has_a_golden_file() {
    let payloads = set(&["chat", "custom", "edit", "notification", "reaction", "retract"]);
    assert_eq!(values_of(client(), "/payload/type"), payloads);
    assert!(values_of(server(), "/payload/type").is_superset(&payloads));
    assert_eq!(values_of(server(), "/gap/reason"), set(&["ahead", "epoch", "trimmed"]));
    assert_eq!(values_of(server(), "/kind"), set(&["seen", "typing"]));
    let has = |field: &str| server().iter().any(|(_, text, _)| !json(text)[field].is_null());
    for change in ["members", "joined", "left"] {
        assert!(has(change), "no golden file shows “{change}”");
    }
}

/// A browser has no file system to look for files in.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn no_golden_file_is_without_a_value() {
    fn names<M>(files: Vec<Golden<M>>) -> BTreeSet<String> {
        files.into_iter().map(|(name, _, _)| format!("{name}.json")).collect()
    }
    for (direction, named) in
        [("client", names(client())), ("later", names(later())), ("server", names(server()))]
    {
        let folder = format!("{}/golden/{direction}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(files.map(|name| name.into_string().unwrap()).collect::<BTreeSet<_>>(), named);
    }
}

#[test]
fn golden_files_look_alike() {
    let (client, server) = (client(), server());
    let texts = client
        .iter()
        .map(|(name, text, _)| (name, text))
        .chain(server.iter().map(|(name, text, _)| (name, text)));
    for (name, text) in texts {
        assert!(text.starts_with("{\n  \"type\": \""), "{name}.json: the type comes first, indented by two");
        assert!(text.ends_with("\n}\n"), "{name}.json ends with one line end");
    }
}
