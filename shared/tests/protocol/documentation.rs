//! docs/PROTOCOL.md says what the code does.

use std::collections::BTreeSet;

use shared::limits::{
    CHANNEL_BYTES_MAX, CLOSE_REASON_BYTES_MAX, CUSTOM_NAME_BYTES_MAX, DATA_DEPTH_MAX, EMOJI_BYTES_MAX,
    FRAME_BYTES_MAX, LINK_BYTES_MAX, NAME_CHARS_MAX, NAMESPACE_BYTES_MAX, PAGE_MESSAGES_MAX,
    PAYLOAD_BYTES_MAX, PAYLOAD_NODES_MAX, SUBSCRIPTIONS_MAX, TEXT_BYTES_MAX, TITLE_BYTES_MAX,
    TOKEN_BYTES_MAX, USER_BYTES_MAX,
};
use shared::protocol::{CloseCode, ErrorCode, Level, VERSION};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::story::{client, server};

const PAGE: &str = include_str!("../../../docs/PROTOCOL.md");

/// The rows of the table under `heading` whose first column is `column`.
fn table(heading: &str, column: &str) -> Vec<Vec<&'static str>> {
    let lines = PAGE.lines().skip_while(|line| *line != heading).skip(1);
    let section = lines.take_while(|line| !line.starts_with("## "));
    let head = format!("| {column} |");
    let rows =
        section.skip_while(|line| !line.starts_with(&head)).skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn its_examples_are_the_golden_files() {
    let blocks: Vec<&str> =
        PAGE.split("```json\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
    let examples: BTreeSet<&str> = blocks.iter().copied().collect();
    assert_eq!(examples.len(), blocks.len(), "an example is shown once");
    let (client, server) = (client(), server());
    let golden = client.iter().map(|(_, text, _)| *text).chain(server.iter().map(|(_, text, _)| *text));
    assert_eq!(examples, golden.collect());
    // Besides them there is the client, and how it is used.
    assert_eq!(PAGE.matches("```").count(), 2 * (blocks.len() + 2), "each block of code is an example");
}

#[test]
fn its_client_is_the_one_that_is_tested() {
    const LINES_MAX: usize = 110;
    let client = include_str!("../../../docs/client.js");
    let (_, rest) = PAGE.split_once("```js\n").unwrap();
    assert_eq!(rest.split_once("```").unwrap().0, client);
    assert!(client.lines().count() <= LINES_MAX && client.lines().all(|line| line.len() <= 120));
}

#[test]
fn its_error_codes_are_all_there_are() {
    let rows = table("## Errors", "code");
    let expected: Vec<Vec<String>> = ErrorCode::ALL
        .iter()
        .map(|code| vec![format!("`{}`", code.as_str()), code.meaning().trim().to_owned()])
        .collect();
    assert_eq!(rows, expected);
}

/// The codes are constants without a list, so their declarations are read.
#[test]
fn its_close_codes_are_all_there_are() {
    let source = include_str!("../../src/protocol/close.rs");
    let declared = source.split("    /// ").filter_map(|part| {
        let (meaning, rest) = part.split_once("\n    pub const ")?;
        let (_, code) = rest.lines().next()?.split_once("Self(")?;
        Some(vec![code.trim_end_matches(");").to_owned(), meaning.to_owned()])
    });
    let declared: Vec<Vec<String>> = declared.collect();
    assert!(declared.len() > 9, "{declared:?}");
    assert_eq!(table("## Staying connected", "code"), declared);
    for row in &declared {
        let code: u16 = row[0].parse().unwrap();
        assert_eq!(CloseCode(code).may_return(), code < 4500, "the ranges are those of the page");
    }
}

#[test]
fn its_limits_are_those_of_the_code() {
    let bytes = |count: usize| format!("{count} bytes");
    let expected = [
        ("channel's name", bytes(CHANNEL_BYTES_MAX)),
        ("namespace", bytes(NAMESPACE_BYTES_MAX)),
        ("user id", bytes(USER_BYTES_MAX)),
        ("display name", format!("{NAME_CHARS_MAX} characters")),
        ("text of a chat message, edit or notification", bytes(TEXT_BYTES_MAX)),
        ("title of a notification", bytes(TITLE_BYTES_MAX)),
        ("link of a notification", bytes(LINK_BYTES_MAX)),
        ("emoji of a reaction", bytes(EMOJI_BYTES_MAX)),
        ("name of a custom payload", bytes(CUSTOM_NAME_BYTES_MAX)),
        ("data of a custom payload", format!("{} bytes of JSON", PAYLOAD_BYTES_MAX - CUSTOM_NAME_BYTES_MAX)),
        ("nesting of a custom payload's data", format!("{DATA_DEPTH_MAX} levels")),
        ("JSON values in a payload", format!("{PAYLOAD_NODES_MAX} values")),
        ("message on the WebSocket (default)", bytes(FRAME_BYTES_MAX)),
        ("channels of a connection (default)", format!("{SUBSCRIPTIONS_MAX} channels")),
        ("page of history", format!("{PAGE_MESSAGES_MAX} messages")),
        ("token", bytes(TOKEN_BYTES_MAX)),
        ("reason in a close frame", bytes(CLOSE_REASON_BYTES_MAX)),
    ];
    let rows = table("## Limits", "what");
    let shown: Vec<(&str, String)> = rows.iter().map(|row| (row[0], row[1].to_owned())).collect();
    assert_eq!(shown, expected);
}

#[test]
fn every_code_that_it_mentions_exists() {
    let codes: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let answers = table("## Limits", "what").into_iter().map(|row| row[2]);
    for code in answers.filter(|answer| answer.starts_with('`')) {
        assert!(codes.contains(code.trim_matches('`')), "{code}");
    }
    let levels: Vec<String> = Level::ALL.iter().map(|level| format!("`{}`", level.as_str())).collect();
    let (last, others) = levels.split_last().unwrap();
    assert!(PAGE.contains(&format!("a `level`: {} or {last}.", others.join(", "))));
    assert!(PAGE.contains(&format!("It describes version {VERSION}.")));
}
