//! The options of the command line.

use std::path::PathBuf;
use std::str::FromStr;

const USAGE: &str = "\
flood [--rate 1000] [--seconds 30] [--talkers 5] [--reading true] [--wire true] [--slow 1] [--trace FILE] [--profile FILE]
heap [--rate 1000] [--seconds 600] [--talkers 5] [--wire true]
cold [--repeat 5] [--slow 4]
scroll [--loaded 100000] [--talkers 5] [--slow 1]";

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Many messages a second.
    Flood,
    /// The memory of the tab during a long flood.
    Heap,
    /// Opening the page.
    Cold,
    /// Scrolling and new messages, with more and more messages loaded.
    Scroll,
}

/// The options.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) wish: Wish,
    /// Messages a second.
    pub(crate) rate: u64,
    /// Duration.
    pub(crate) seconds: u64,
    /// Number of clients that send them, in turn.
    pub(crate) talkers: usize,
    /// Whether the reader has scrolled up before they arrive.
    pub(crate) reading: bool,
    /// Whether the wire panel is open.
    pub(crate) wire: bool,
    /// Factor by which the browser's processor is slowed down.
    pub(crate) slow: f64,
    /// Number of messages that are loaded in the end.
    pub(crate) loaded: u64,
    /// How often the page is opened.
    pub(crate) repeat: usize,
    /// The file for the browser's trace, for Chromium's own tools.
    pub(crate) trace: Option<PathBuf>,
    /// The file for the processor profile.
    pub(crate) profile: Option<PathBuf>,
}

impl Options {
    /// Reads the options of this process. Prints the usage and exits if they are not valid.
    pub(crate) fn of_process() -> Self {
        // Cargo adds this word for its own benches.
        let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
        Self::read(&words).unwrap_or_else(|| {
            println!("{USAGE}");
            std::process::exit(2)
        })
    }

    fn read(words: &[String]) -> Option<Self> {
        let (wish, rest) = words.split_first()?;
        let wish = match wish.as_str() {
            "flood" => Wish::Flood,
            "heap" => Wish::Heap,
            "cold" => Wish::Cold,
            "scroll" => Wish::Scroll,
            _ => return None,
        };
        let mut options = Self {
            wish,
            rate: 1_000,
            seconds: if wish == Wish::Heap { 600 } else { 30 },
            talkers: 5,
            reading: false,
            wire: false,
            slow: if wish == Wish::Cold { 4.0 } else { 1.0 },
            loaded: 100_000,
            repeat: 5,
            trace: None,
            profile: None,
        };
        for pair in rest.chunks(2) {
            let [name, value] = pair else { return None };
            match name.as_str() {
                "--rate" => options.rate = parsed(value)?,
                "--seconds" => options.seconds = parsed(value)?,
                "--talkers" => options.talkers = parsed::<usize>(value)?.max(1),
                "--reading" => options.reading = parsed(value)?,
                "--wire" => options.wire = parsed(value)?,
                "--slow" => options.slow = parsed(value)?,
                "--loaded" => options.loaded = parsed(value)?,
                "--repeat" => options.repeat = parsed(value)?,
                "--trace" => options.trace = Some(value.into()),
                "--profile" => options.profile = Some(value.into()),
                _ => return None,
            }
        }
        Some(options)
    }
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}
