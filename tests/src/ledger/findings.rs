//! What a comparison has found, as numbers that can be quoted and sentences that help.

use std::fmt;

/// How many sentences a failure shows.
const TOLD_MAX: usize = 20;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Acknowledged and not in the log, or in the log and not told to a reader.
    Lost,
    /// In the log twice, or told twice.
    Twice,
    /// Told in another order than it is in the log in, or after a jump.
    Misordered,
    /// In the log before a message that its sender wrote earlier.
    Overtaken,
    /// Another payload, sender or place than it was sent or acknowledged with.
    Altered,
    /// In the log, or told to a reader, and sent by nobody.
    Foreign,
    /// A gap was told of where nothing is missing.
    Gap,
}

const FAULTS: [(Fault, &str); 7] = [
    (Fault::Lost, "lost"),
    (Fault::Twice, "twice"),
    (Fault::Misordered, "out of order"),
    (Fault::Overtaken, "overtaken"),
    (Fault::Altered, "altered"),
    (Fault::Foreign, "from nobody"),
    (Fault::Gap, "gaps"),
];

/// Numbers, and the first few faults in words.
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

    /// Adds what happened meanwhile to the line: `30`, `kills`.
    #[must_use]
    pub fn after(mut self, count: u64, what: &str) -> Self {
        self.happened.push((count, what.to_owned()));
        self
    }

    /// How often something was wrong.
    pub fn count(&self, fault: Fault) -> u64 {
        self.counts[fault as usize]
    }

    /// How many messages are in the log.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Prints the line, and fails where something was wrong. `how` tells how to have it again, such as a seed.
    ///
    /// # Panics
    /// Where something was wrong, or where there was nothing to compare.
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
        write!(f, " {} messages, told {} times", grouped(self.messages), grouped(self.told))?;
        for (fault, name) in FAULTS {
            write!(f, ", {} {name}", grouped(self.count(fault)))?;
        }
        Ok(())
    }
}

/// A number with a comma before each three digits.
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
