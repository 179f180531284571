//! `cargo xtask crash`: kills a server at random moments of load, as often as is wished, and holds what everybody was
//! told against its log.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::story;

/// How many kills there are where nothing is said. The suite has fewer: each takes about half a second.
const ROUNDS: &str = "300";

const CURE: &str = "cargo xtask crash [--rounds N] [--seed N]";

/// Runs the one story, with a server that is built as it is shipped. The last line it prints has the numbers.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let wish = Wish::read(arguments)?;
    let variables = [("TIDINGS_KILL_ROUNDS", Some(wish.rounds)), ("TIDINGS_KILL_SEED", wish.seed)];
    let given = variables.into_iter().filter_map(|(name, value)| Some((name, value?)));
    story::run("killed::killed_at_random", "Killing it, about twice a second", given)
}

#[derive(Debug, PartialEq, Eq)]
struct Wish {
    rounds: String,
    seed: Option<String>,
}

impl Wish {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut wish = Self { rounds: ROUNDS.to_owned(), seed: None };
        let mut words = arguments.iter();
        while let Some(name) = words.next() {
            let number = words.next().filter(|word| word.parse::<u64>().is_ok());
            let number =
                number.ok_or_else(|| Failure::new(format!("`{name}` is to be followed by a number"), CURE));
            match name.as_str() {
                "--rounds" => wish.rounds.clone_from(number?),
                "--seed" => wish.seed = Some(number?.clone()),
                other => return Err(Failure::new(format!("`{other}` means nothing here"), CURE)),
            }
        }
        Ok(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Wish> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Wish::read(&words).ok()
    }

    #[test]
    fn rounds_and_seed_may_be_said() {
        let wish = |rounds: &str, seed: Option<&str>| {
            Some(Wish { rounds: rounds.to_owned(), seed: seed.map(str::to_owned) })
        };
        assert_eq!(read(""), wish(ROUNDS, None));
        assert_eq!(read("--rounds 5"), wish("5", None));
        assert_eq!(read("--seed 7 --rounds 5"), wish("5", Some("7")));
        for nonsense in ["--rounds", "--rounds many", "--round 5", "5"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
