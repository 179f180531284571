//! `cargo xtask simulate`: runs the simulation with the given seeds.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// The options, and the environment variables that pass them to the test.
const OPTIONS: [(&str, &str); 3] = [
    ("--seed", "TIDINGS_SIMULATION_SEED"),
    ("--seeds", "TIDINGS_SIMULATION_SEEDS"),
    ("--from", "TIDINGS_SIMULATION_FROM"),
];

/// The test that runs the seeds.
const TEST: &str = "nothing_is_lost_twice_or_out_of_order";

/// Runs the simulation. `arguments` are options of [`OPTIONS`], each with a number.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let variables = variables(arguments)?;
    let workspace = Workspace::find()?;
    // The whole workspace, as in `cargo xtask test`: the same build serves both.
    let mut test =
        workspace.cargo(["test", "--workspace", "--test", "simulation", "--", "--nocapture", TEST]);
    test.envs(variables);
    let cure = "The simulation has no test of this name; correct `TEST` in xtask/src/simulate.rs.";
    Ok(if process::tests_pass(&mut test, cure)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn variables(arguments: &[String]) -> Result<Vec<(&'static str, &str)>, Failure> {
    let pairs = arguments.chunks(2).map(|pair| {
        let [option, number] = pair else { return None };
        let (_, variable) = OPTIONS.iter().find(|(name, _)| name == option)?;
        number.parse::<u64>().ok().map(|_| (*variable, number.as_str()))
    });
    pairs.collect::<Option<_>>().ok_or_else(|| {
        Failure::new(
            format!("`{}` are not options of this task", arguments.join(" ")),
            "cargo xtask simulate [--seed S], or [--seeds N] [--from S]",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Option<Vec<(&'static str, String)>> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let variables = variables(&words).ok()?;
        Some(variables.into_iter().map(|(name, number)| (name, number.to_owned())).collect())
    }

    #[test]
    fn options_become_variables() {
        assert_eq!(of(&[]), Some(vec![]));
        assert_eq!(of(&["--seed", "7"]), Some(vec![("TIDINGS_SIMULATION_SEED", "7".to_owned())]));
        assert_eq!(of(&["--seeds", "5", "--from", "9"]).map(|all| all.len()), Some(2));
        for words in [&["--seed"][..], &["--seed", "x"], &["7"], &["--sead", "7"]] {
            assert_eq!(of(words), None, "{words:?}");
        }
    }
}
