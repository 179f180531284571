//! `cargo xtask crash`: kills a server at random moments under load and compares the received messages of every client
//! with its log.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::story;

/// Default number of kills. The test suite has fewer, because each takes about half a second.
const ROUNDS: &str = "300";

const CURE: &str = "cargo xtask crash [--rounds N] [--seed N]";

/// Runs the story with a release build of the server. The last line that it prints has the numbers.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let options = Options::read(arguments)?;
    let variables = [("TIDINGS_KILL_ROUNDS", Some(options.rounds)), ("TIDINGS_KILL_SEED", options.seed)];
    let given = variables.into_iter().filter_map(|(name, value)| Some((name, value?)));
    story::run("killed::killed_at_random", "Killing the server, about twice a second", given)
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    rounds: String,
    seed: Option<String>,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { rounds: ROUNDS.to_owned(), seed: None };
        let mut words = arguments.iter();
        while let Some(name) = words.next() {
            let number = words.next().filter(|word| word.parse::<u64>().is_ok());
            let number = number.ok_or_else(|| Failure::new(format!("`{name}` needs a number"), CURE));
            match name.as_str() {
                "--rounds" => options.rounds.clone_from(number?),
                "--seed" => options.seed = Some(number?.clone()),
                other => return Err(Failure::new(format!("`{other}` is not an option"), CURE)),
            }
        }
        Ok(options)
    }
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
        let options = |rounds: &str, seed: Option<&str>| {
            Some(Options { rounds: rounds.to_owned(), seed: seed.map(str::to_owned) })
        };
        assert_eq!(read(""), options(ROUNDS, None));
        assert_eq!(read("--rounds 5"), options("5", None));
        assert_eq!(read("--seed 7 --rounds 5"), options("5", Some("7")));
        for nonsense in ["--rounds", "--rounds many", "--round 5", "5"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
