//! What goes over the wire, as it happens: the page's answer to a log in the browser's console.

use std::collections::VecDeque;

use shared::json;
use shared::time::Timestamp;

use super::texts::words;

/// Most rows kept. The oldest go.
const ROWS_MAX: usize = 500;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireKind {
    Open,
    Sent,
    Received,
    Close,
}

impl WireKind {
    /// Its name, for styles and tests.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Close => "close",
        }
    }
}

/// One thing that happened on the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: WireKind,
    pub(crate) at: Timestamp,
    /// The frame as it was sent; of an open the address, of a close its code and reason.
    pub(crate) text: String,
}

/// A row of the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WireRow {
    pub(crate) number: u64,
    pub(crate) frame: Frame,
}

impl WireRow {
    /// The `type` of the typed frame, or what happened otherwise.
    pub(crate) fn name(&self) -> &str {
        match self.frame.kind {
            WireKind::Open | WireKind::Close => self.frame.kind.as_str(),
            WireKind::Sent | WireKind::Received => type_of(&self.frame.text),
        }
    }

    /// A few words of it: where it was opened, why it was closed, or which channel a frame is about.
    pub(crate) fn brief(&self) -> String {
        match self.frame.kind {
            WireKind::Open | WireKind::Close => self.frame.text.clone(),
            WireKind::Sent | WireKind::Received => {
                field(&self.frame.text, "\"channel\":").unwrap_or_default().to_owned()
            }
        }
    }

    /// The frame, laid out to be read; without the token, which is a secret.
    pub(crate) fn pretty(&self) -> String {
        let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&self.frame.text) else {
            return self.frame.text.clone();
        };
        if let Some(token) = value.get_mut("token") {
            *token = words().hidden.into();
        }
        json::pretty(&value)
    }
}

/// The rows, oldest first.
#[derive(Debug, Default)]
pub(crate) struct WireLog {
    rows: VecDeque<WireRow>,
    last_number: u64,
    paused: bool,
}

impl WireLog {
    /// Adds what happened, unless the log is paused.
    pub(crate) fn add(&mut self, frame: Frame) {
        if self.paused {
            return;
        }
        self.last_number += 1;
        self.rows.push_back(WireRow { number: self.last_number, frame });
        if self.rows.len() > ROWS_MAX {
            self.rows.pop_front();
        }
    }

    /// The rows to show, oldest first.
    pub(crate) fn rows(&self, with_heartbeats: bool) -> Vec<WireRow> {
        let wanted = |row: &&WireRow| with_heartbeats || row.name() != "heartbeat";
        self.rows.iter().filter(wanted).cloned().collect()
    }

    /// Whether nothing is added.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    /// Stops adding, or goes on.
    pub(crate) fn toggle_pause(&mut self) {
        self.paused = !self.paused;
    }

    /// Empties the log.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }
}

/// The `type` of a frame, without reading all of it: both sides write it first.
fn type_of(text: &str) -> &str {
    field(text, "\"type\":").unwrap_or_default()
}

/// The text of the first field whose quoted name and colon are `name`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(name)?;
    after.trim_start().strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(texts: &[&str]) -> WireLog {
        let mut log = WireLog::default();
        for text in texts {
            log.add(Frame { kind: WireKind::Received, at: Timestamp(0), text: (*text).to_owned() });
        }
        log
    }

    #[test]
    fn rows_are_named_by_their_type() {
        let log = log(&[r#"{"type":"welcome","user":"ada"}"#, r#"{"type":"heartbeat","at":1}"#]);
        let names = |with| log.rows(with).iter().map(|row| row.name().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            (names(true), names(false)),
            (vec!["welcome".into(), "heartbeat".into()], vec!["welcome".to_owned()])
        );
    }

    #[test]
    fn the_token_is_not_shown() {
        let log = log(&[r#"{"type":"welcome","token":"secret"}"#]);
        assert!(!log.rows(true)[0].pretty().contains("secret"));
    }

    #[test]
    fn the_log_has_an_end_and_can_be_stopped() {
        let mut log = log(&["{}"; 600]);
        assert_eq!((log.rows(true).len(), log.rows(true)[0].number), (500, 101));
        log.clear();
        log.toggle_pause();
        log.add(Frame { kind: WireKind::Open, at: Timestamp(0), text: String::new() });
        assert!(log.rows(true).is_empty());
    }
}
