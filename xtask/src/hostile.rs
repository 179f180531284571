//! `cargo xtask hostile`: puts hostile guests beside an honest room, for half a minute each kind, and prints what the
//! server needed and how long the room's messages took.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::process;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// How long each kind goes on where nothing is said. The suite has shorter ones.
const SECONDS: &str = "30";

const CURE: &str = "cargo xtask hostile [--seconds N] [--guests N] [--kind NAME]";

/// Runs the one story, with a server that is built as it is shipped. It prints a line for each kind.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let wish = Wish::read(arguments)?;
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(2);
    steps.must("Building the server (2 to 5 min the first time)", || {
        let mut build = workspace.cargo(["build", "--release", "--package", "backend"]);
        process::must(&mut build, "The messages above say why; the server's code is in backend/.")
    })?;
    // The whole workspace, as in `cargo xtask test`: the tests are then compiled once for both.
    let mut test = workspace.cargo(["test", "--workspace", "--test", "process", "--"]);
    test.args(["hostile::", "--nocapture"]);
    test.env("TIDINGS_BIN", workspace.server("release")).env("TIDINGS_HOSTILE_SECONDS", wish.seconds);
    if let Some(guests) = wish.guests {
        test.env("TIDINGS_HOSTILE_GUESTS", guests);
    }
    if let Some(kind) = wish.kind {
        test.env("TIDINGS_HOSTILE_KIND", kind);
    }
    steps.note("Hostile guests of each kind", || process::succeeds(&mut test))?;
    Ok(if steps.failed().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
