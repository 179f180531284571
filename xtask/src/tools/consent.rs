//! Asks before something is installed outside the target directory.

use std::io::{BufRead, IsTerminal, Write};

use crate::failure::Failure;
use crate::steps::say;

/// Asks whether to run a command that installs `item` with `program`.
///
/// Without a terminal nobody can answer, as in CI. The task itself is the request then, and its output says what it installs.
///
/// # Errors
/// [`Failure`] with `cure` if the answer is no.
pub(super) fn ask(item: &str, program: &str, cure: &str) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        say(&format!("Installing {item} with {program}"));
        return Ok(());
    }
    print!("      Install {item} with {program}? It is outside the target directory. [Y/n] ");
    // If the terminal is gone, there is no answer either.
    let _ = std::io::stdout().flush();
    if is_yes(stdin.lock()) { Ok(()) } else { Err(Failure::new(format!("{item} was not installed"), cure)) }
}

/// Returns whether the next line is empty or begins with a `y`. The end of the input is a no.
fn is_yes(mut input: impl BufRead) -> bool {
    let mut answer = String::new();
    let read = input.read_line(&mut answer).unwrap_or(0);
    let answer = answer.trim().to_lowercase();
    read > 0 && (answer.is_empty() || answer.starts_with('y'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_or_an_empty_line_is_consent() {
        let answers = ["\n", "y\n", "Yes\n", "n\n", "later\n", ""];
        assert_eq!(answers.map(|answer| is_yes(answer.as_bytes())), [true, true, true, false, false, false]);
    }
}
