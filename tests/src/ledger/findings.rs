//! The findings of a comparison, as numbers and sentences.

use std::fmt;

/// Maximum number of sentences that a failure shows.
const TOLD_MAX: usize = 20;

/// A kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Acknowledged but not in the log, or in the log but not delivered to a reader.
    Lost,
    /// In the log twice, or delivered twice.
    Twice,
    /// Delivered in another order than that of the log, or after a jump.
    Misordered,
    /// In the log before a message that its sender sent earlier.
    Overtaken,
    /// Another payload, sender or offset than was sent or acknowledged.
    Altered,
    /// In the log or delivered to a reader, but sent by no client.
    Foreign,
    /// A reader got a gap although no message is missing.
    Gap,
}

const FAULTS: [(Fault, &str); 7] = [
    (Fault::Lost, "lost"),
    (Fault::Twice, "twice"),
    (Fault::Misordered, "out of order"),
    (Fault::Overtaken, "overtaken"),
    (Fault::Altered, "altered"),
    (Fault::Foreign, "from no client"),
    (Fault::Gap, "gaps"),
];

/// The numbers, and the first few errors in words.
#[derive(Debug, Clone)]
pub struct Findings {
    story: String,
    happened: Vec<(u64, String)>,
    pub(super) messages: u64,
    pub(super) told: u64,
    counts: [u64; FAULTS.len()],
    words: Vec<String>,
}

impl Findings {
    pub(super) fn of(story: &str) -> Self {
        let (happened, words) = (Vec::new(), Vec::new());
        Self { story: story.to_owned(), happened, messages: 0, told: 0, counts: [0; FAULTS.len()], words }
    }

    /// Adds an event count to the line, such as `30` `kills`.
    #[must_use]
    pub fn after(mut self, count: u64, what: &str) -> Self {
        self.happened.push((count, what.to_owned()));
        self
    }

    /// Returns the number of errors.
    pub fn count(&self, fault: Fault) -> u64 {
        self.counts[fault as usize]
    }

    /// Returns the number of messages in the log.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Prints the line and fails if there is an error. `how` says how to reproduce it, such as a seed.
    ///
    /// # Panics
    /// If there is an error, or if there was nothing to compare.
    #[allow(clippy::print_stdout, reason = "the line is there to be quoted")]
    pub fn assert_clean(&self, how: &str) {
        println!("{self}");
        let words = self.words.join("\n  ");
        let clean = self.counts.iter().all(|count| *count == 0);
        assert!(clean, "{self}\n  {words}\nagain: {how}");
        assert!(self.messages > 0 && self.told > 0, "nothing was compared: {self}\nagain: {how}");
    }

    pub(super) fn note(&mut self, fault: Fault, words: impl FnOnce() -> String) {
        self.counts[fault as usize] += 1;
        if self.words.len() < TOLD_MAX {
            self.words.push(words());
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.story)?;
        for (count, what) in &self.happened {
            write!(f, " {} {what},", grouped(*count))?;
        }
        write!(f, " {} messages, received {} times", grouped(self.messages), grouped(self.told))?;
        for (fault, name) in FAULTS {
            write!(f, ", {} {name}", grouped(self.count(fault)))?;
        }
        Ok(())
    }
}

/// Formats a number with a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
