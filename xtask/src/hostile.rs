//! `cargo xtask hostile`: runs hostile guests of each kind beside an honest room, and prints the server's memory and the
//! room's latency.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::story;

/// Default duration per kind. The test suite has a shorter one.
const SECONDS: &str = "30";

const CURE: &str = "cargo xtask hostile [--seconds N] [--guests N] [--kind NAME]";

/// Runs the story with a release build of the server. It prints a line for each kind.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let options = Options::read(arguments)?;
    let variables = [
        ("TIDINGS_HOSTILE_SECONDS", Some(options.seconds)),
        ("TIDINGS_HOSTILE_GUESTS", options.guests),
        ("TIDINGS_HOSTILE_KIND", options.kind),
    ];
    let given = variables.into_iter().filter_map(|(name, value)| Some((name, value?)));
    story::run("hostile::", "Hostile guests of each kind", given)
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    seconds: String,
    guests: Option<String>,
    kind: Option<String>,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { seconds: SECONDS.to_owned(), guests: None, kind: None };
        let mut words = arguments.iter();
        while let Some(name) = words.next() {
            let value = words.next().ok_or_else(|| Failure::new(format!("`{name}` needs a value"), CURE))?;
            match name.as_str() {
                "--seconds" if is_number(value) => options.seconds.clone_from(value),
                "--guests" if is_number(value) => options.guests = Some(value.clone()),
                "--seconds" | "--guests" => {
                    return Err(Failure::new(format!("`{name}` needs a number, not `{value}`"), CURE));
                }
                "--kind" => options.kind = Some(value.clone()),
                other => return Err(Failure::new(format!("`{other}` is not an option"), CURE)),
            }
        }
        Ok(options)
    }
}

fn is_number(word: &str) -> bool {
    word.parse::<u32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Options> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(&words).ok()
    }

    #[test]
    fn the_options_are_read() {
        let options = |seconds: &str, kind: Option<&str>| {
            Some(Options { seconds: seconds.to_owned(), guests: None, kind: kind.map(str::to_owned) })
        };
        assert_eq!(read(""), options(SECONDS, None));
        assert_eq!(read("--kind PingFlood --seconds 5"), options("5", Some("PingFlood")));
        assert_eq!(read("--guests 7").and_then(|options| options.guests).as_deref(), Some("7"));
        for nonsense in ["--seconds", "--guests some", "--seconds many", "--second 5", "5"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
