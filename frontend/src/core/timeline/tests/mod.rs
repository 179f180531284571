//! A timeline drawn as one line of text.

mod amendments;
mod bounds;
mod drawing;
mod history;
mod order;
mod reading;

use shared::ids::{ChannelName, DisplayName, Epoch};
use shared::protocol::{ErrorCode, GapReason, Refusal};

use super::*;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn timeline() -> Timeline {
    let mut timeline = Timeline::new(|at| i64::try_from(at.0 / DAY_MS).unwrap());
    timeline.set_me(&sender("me").user, "me");
    timeline
}

fn sender(user: &str) -> Sender {
    Sender { user: user.parse().unwrap(), name: DisplayName::parse(user).unwrap() }
}

fn id(n: u8) -> MessageId {
    MessageId::from_bytes([n; 16])
}

fn message(offset: u64, user: &str, payload: Payload) -> Message {
    Message {
        channel: ChannelName::parse("room:x").unwrap(),
        offset: Offset(offset),
        prev: Offset(offset - 1),
        id: id(u8::try_from(offset).unwrap()),
        at: Timestamp(offset * 1000),
        from: sender(user),
        payload,
    }
}

fn said(offset: u64, user: &str, text: &str) -> Message {
    message(offset, user, Payload::chat(text))
}

fn text_of(entry: &Entry) -> String {
    match &entry.body {
        Body::Chat { text, .. } => text.clone(),
        Body::Notice(notice) => format!("[{}]", notice.title),
        Body::Retracted => "(gone)".to_owned(),
        Body::Custom { name } => format!("<{name}>"),
        Body::Unsupported { kind } => format!("<?{kind}>"),
    }
}

/// Draws the rows in view as one line: `|` is a day, `~` a loss, `…` a hole, `*` the "New" line, and `+` continues a group.
fn seen(timeline: &Timeline, view: View) -> String {
    seen_with(timeline, view, None)
}

fn seen_with(timeline: &Timeline, view: View, line: Option<Line>) -> String {
    let shown = |row: &Row| match row {
        Row::Day { .. } => "|".to_owned(),
        Row::Lost(..) => "~".to_owned(),
        Row::Hole(_) => "…".to_owned(),
        Row::New => "*".to_owned(),
        Row::Entry { entry, grouped } => format!("{}{}", if *grouped { "+" } else { "" }, text_of(entry)),
    };
    let (rows, _) = timeline.rows(view, Pace::Calm, line, |_| true);
    rows.iter().map(shown).collect::<Vec<_>>().join(" ")
}

/// The page that ends before `before`.
fn load(timeline: &mut Timeline, before: u64, messages: &[Message], more: bool) -> bool {
    timeline.load(Some(Offset(before)), messages, more)
}

/// A message of many, whose text is its offset.
fn numbered(offset: u64) -> Message {
    let mut message = said(1, "ada", &offset.to_string());
    (message.offset, message.prev) = (Offset(offset), Offset(offset - 1));
    message.id = MessageId::new(offset, &[0; 10]);
    message
}

/// A reaction of the n-th of many users.
fn reaction(offset: u64, emoji: &str, on: bool) -> Message {
    let payload = Payload::Reaction { of: id(1), emoji: emoji.to_owned(), on };
    let mut message = message(1, &format!("user-{offset}"), payload);
    (message.offset, message.prev) = (Offset(offset), Offset(offset - 1));
    message.id = MessageId::new(offset, &[0; 10]);
    message
}

/// The rows of a page that has them drawn already.
fn all_rows(timeline: &Timeline, view: View, pace: Pace) -> Vec<Row> {
    let (rows, is_all) = timeline.rows(view, pace, None, |_| true);
    assert!(is_all);
    rows
}
