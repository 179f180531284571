//! The log of the frames on the WebSocket, for the wire panel.
//!
//! The log keeps the newest frames, bounded in number and in bytes. The panel's rows follow it a few at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use shared::json;
use shared::limits::FRAME_BYTES_MAX;
use shared::time::Timestamp;

use super::texts::words;

/// Maximum number of frames kept.
const FRAMES_MAX: usize = 500;

/// Maximum bytes of the kept texts while the panel is open.
const BYTES_MAX: usize = 1024 * 1024;

/// Maximum bytes of the kept texts while the panel is closed. Most people never open it.
const BYTES_CLOSED_MAX: usize = 128 * 1024;

/// Maximum bytes kept of one text. It is cut only in a large page of history, which can have close to 1 MB.
const TEXT_BYTES_MAX: usize = FRAME_BYTES_MAX;

/// Maximum number of rows that the panel adds per animation frame.
const ROWS_ADDED_MAX: usize = 24;

/// Maximum length of the preview of a payload, in characters.
const PREVIEW_CHARS_MAX: usize = 80;

/// The kind of an event on the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireKind {
    Open,
    Sent,
    Received,
    Close,
}

impl WireKind {
    /// Returns its name, for styles and tests.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Close => "close",
        }
    }
}

/// An event on the socket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: WireKind,
    pub(crate) at: Timestamp,
    /// The length of the whole text.
    pub(crate) bytes: usize,
    /// The frame or its beginning. For an open it is the address, for a close the code and the reason.
    text: String,
}

impl Frame {
    /// Makes a frame with the first [`TEXT_BYTES_MAX`] bytes of its text.
    pub(crate) fn new(kind: WireKind, at: Timestamp, mut text: String) -> Self {
        let bytes = text.len();
        if bytes > TEXT_BYTES_MAX {
            let end = (0..=TEXT_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or_default());
            text.shrink_to_fit();
        }
        Self { kind, at, bytes, text }
    }

    /// Returns the `type` of the message, or the kind of the event.
    pub(crate) fn name(&self) -> &str {
        match self.kind {
            WireKind::Open | WireKind::Close => self.kind.as_str(),
            WireKind::Sent | WireKind::Received => type_of(&self.text),
        }
    }

    /// Returns a summary: the address, the reason of a close, or the channel and the beginning of the payload.
    pub(crate) fn brief(&self) -> String {
        match self.kind {
            WireKind::Open | WireKind::Close => self.text.clone(),
            WireKind::Sent | WireKind::Received => {
                let channel = field(&self.text, "\"channel\":").unwrap_or_default();
                let payload =
                    self.text.split_once("\"payload\":").map(|(_, after)| after).unwrap_or_default();
                let payload: String = payload.chars().take(PREVIEW_CHARS_MAX).collect();
                format!("{channel} {payload}").trim().to_owned()
            }
        }
    }

    /// Returns the frame with indentation and without the token, which is a secret. A text that was cut is returned as it is.
    pub(crate) fn pretty(&self) -> String {
        if self.text.len() < self.bytes {
            return format!("{}…", self.text);
        }
        let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&self.text) else {
            return self.text.clone();
        };
        if let Some(token) = value.get_mut("token") {
            *token = words().hidden.into();
        }
        json::pretty(&value)
    }
}

/// The newest frames, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    frames: VecDeque<Arc<Frame>>,
    /// The bytes of their texts.
    bytes: usize,
    /// Number of frames that were dropped, which is the number of the oldest one kept.
    dropped: u64,
}

impl Frames {
    /// Adds a frame, and drops the oldest ones beyond [`FRAMES_MAX`] or [`BYTES_MAX`].
    pub(crate) fn push(&mut self, frame: Frame) {
        self.add(Arc::new(frame));
        self.bound(BYTES_MAX);
    }

    /// Whether there are no frames.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    fn add(&mut self, frame: Arc<Frame>) {
        self.bytes += frame.text.len();
        self.frames.push_back(frame);
    }

    fn bound(&mut self, bytes_max: usize) {
        while self.frames.len() > FRAMES_MAX || self.bytes > bytes_max {
            let Some(frame) = self.frames.pop_front() else { return };
            self.bytes -= frame.text.len();
            self.dropped += 1;
        }
    }

    /// Drops all frames.
    fn clear(&mut self) {
        self.dropped += self.frames.len() as u64;
        self.frames.clear();
        self.bytes = 0;
    }

    /// The frames from this number on, with their numbers.
    fn from(&self, number: u64) -> impl Iterator<Item = WireRow> {
        let passed = usize::try_from(number.saturating_sub(self.dropped)).unwrap_or(usize::MAX);
        let numbers = self.dropped.max(number)..;
        self.frames
            .iter()
            .skip(passed)
            .zip(numbers)
            .map(|(frame, number)| WireRow { number, frame: frame.clone() })
    }
}

impl IntoIterator for Frames {
    type Item = Arc<Frame>;
    type IntoIter = std::collections::vec_deque::IntoIter<Arc<Frame>>;

    fn into_iter(self) -> Self::IntoIter {
        self.frames.into_iter()
    }
}

/// The log that the panel shows.
#[derive(Debug, Default)]
pub(crate) struct WireLog {
    frames: Frames,
    is_open: bool,
    is_paused: bool,
}

impl WireLog {
    /// Adds a frame, unless the log is paused.
    pub(crate) fn add(&mut self, frame: Arc<Frame>) {
        if !self.is_paused {
            self.frames.add(frame);
            self.bound();
        }
    }

    /// Whether nothing is added.
    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Stops adding, or continues.
    pub(crate) fn toggle_pause(&mut self) {
        self.is_paused = !self.is_paused;
    }

    /// Sets whether the panel is open. A closed one keeps less.
    pub(crate) fn set_open(&mut self, is_open: bool) {
        self.is_open = is_open;
        self.bound();
    }

    /// Drops all frames.
    pub(crate) fn clear(&mut self) {
        self.frames.clear();
    }

    fn bound(&mut self) {
        self.frames.bound(if self.is_open { BYTES_MAX } else { BYTES_CLOSED_MAX });
    }
}

/// A row of the panel. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct WireRow {
    /// Counts up with every frame.
    pub(crate) number: u64,
    pub(crate) frame: Arc<Frame>,
}

/// The rows that the panel shows, oldest first.
#[derive(Debug, Default)]
pub(crate) struct WireRows {
    rows: VecDeque<WireRow>,
    /// The number of the first frame that was not looked at yet.
    next: u64,
    with_heartbeats: bool,
}

/// What [`WireRows::follow`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Followed {
    /// Whether the rows have changed.
    pub(crate) changed: bool,
    /// Whether the log has frames that were not looked at yet.
    pub(crate) is_behind: bool,
}

impl WireRows {
    /// Drops the rows that the log has dropped, and adds at most [`ROWS_ADDED_MAX`] rows: a flood must not take the time
    /// of an animation frame. In a longer flood, the log drops what the panel did not come to.
    pub(crate) fn follow(&mut self, log: &WireLog, with_heartbeats: bool) -> Followed {
        let before = self.rows.len();
        if with_heartbeats != self.with_heartbeats {
            *self = Self { with_heartbeats, ..Self::default() };
        }
        while self.rows.front().is_some_and(|row| row.number < log.frames.dropped) {
            self.rows.pop_front();
        }
        let (kept, mut added) = (self.rows.len(), 0);
        for row in log.frames.from(self.next) {
            if added == ROWS_ADDED_MAX {
                return Followed { changed: true, is_behind: true };
            }
            self.next = row.number + 1;
            if with_heartbeats || row.frame.name() != "heartbeat" {
                self.rows.push_back(row);
                added += 1;
            }
        }
        Followed { changed: kept < before || added > 0, is_behind: false }
    }

    /// The rows.
    pub(crate) fn to_vec(&self) -> Vec<WireRow> {
        self.rows.iter().cloned().collect()
    }

    /// Whether there are no frames.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Returns the `type` of a frame without parsing all of it. Both sides write it first.
fn type_of(text: &str) -> &str {
    field(text, "\"type\":").unwrap_or_default()
}

/// Returns the text of the first field whose quoted name and colon are `name`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(name)?;
    after.trim_start().strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests;
