//! `cargo xtask hostile`: puts hostile guests beside an honest room, for half a minute each kind, and prints what the
//! server needed and how long the room's messages took.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::story;

/// How long each kind goes on where nothing is said. The suite has shorter ones.
const SECONDS: &str = "30";

const CURE: &str = "cargo xtask hostile [--seconds N] [--guests N] [--kind NAME]";

/// Runs the one story, with a server that is built as it is shipped. It prints a line for each kind.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let wish = Wish::read(arguments)?;
    let variables = [
        ("TIDINGS_HOSTILE_SECONDS", Some(wish.seconds)),
        ("TIDINGS_HOSTILE_GUESTS", wish.guests),
        ("TIDINGS_HOSTILE_KIND", wish.kind),
    ];
    let given = variables.into_iter().filter_map(|(name, value)| Some((name, value?)));
    story::run("hostile::", "Hostile guests of each kind", given)
}

#[derive(Debug, PartialEq, Eq)]
struct Wish {
    seconds: String,
    guests: Option<String>,
    kind: Option<String>,
}

impl Wish {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut wish = Self { seconds: SECONDS.to_owned(), guests: None, kind: None };
        let mut words = arguments.iter();
        while let Some(name) = words.next() {
            let value = words.next().ok_or_else(|| Failure::new(format!("`{name}` needs a value"), CURE))?;
            match name.as_str() {
                "--seconds" if is_number(value) => wish.seconds.clone_from(value),
                "--guests" if is_number(value) => wish.guests = Some(value.clone()),
                "--seconds" | "--guests" => {
                    return Err(Failure::new(format!("`{name}` needs a number, not `{value}`"), CURE));
                }
                "--kind" => wish.kind = Some(value.clone()),
                other => return Err(Failure::new(format!("`{other}` means nothing here"), CURE)),
            }
        }
        Ok(wish)
    }
}

fn is_number(word: &str) -> bool {
    word.parse::<u32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Wish> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Wish::read(&words).ok()
    }

    #[test]
    fn seconds_and_kind_may_be_said() {
        let wish = |seconds: &str, kind: Option<&str>| {
            Some(Wish { seconds: seconds.to_owned(), guests: None, kind: kind.map(str::to_owned) })
        };
        assert_eq!(read(""), wish(SECONDS, None));
        assert_eq!(read("--kind PingFlood --seconds 5"), wish("5", Some("PingFlood")));
        assert_eq!(read("--guests 7").and_then(|wish| wish.guests).as_deref(), Some("7"));
        for nonsense in ["--seconds", "--guests some", "--seconds many", "--second 5", "5"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
