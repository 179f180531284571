//! `cargo xtask count`: counts the instructions of a message's way, and compares them with what is committed.
//!
//! Unlike time, a count is the same on a busy machine.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::failure::Failure;
use crate::process;
use crate::steps::{Steps, say};
use crate::tools::valgrind;
use crate::workspace::Workspace;

/// More instructions than committed, in percent, that are a failure.
const LIMIT_PERCENT: f64 = 5.0;

/// What is committed: a name and a number in each line.
const COMMITTED: &str = "backend/examples/count.txt";

/// Replaces what is committed by what was counted.
const KEEP: &str = "--keep";

/// Built for a steady count, and not for minutes: see `Cargo.toml`.
const PROFILE: &str = "count";

/// Readers, where there are some.
const READERS: u64 = 100;

/// Two runs that differ only in these many messages: what they share, the start, falls out.
const MESSAGES: (u64, u64) = (100, 300);

/// Counts. With `--keep` the result is what is to be committed.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(3);
    let valgrind = steps.must("valgrind", valgrind::ensure)?;
    let program = steps.must("Building the driver (2 to 4 min the first time)", || build(&workspace))?;
    let counted = steps.must("Counting (half a minute)", || {
        let alone = per_message(&valgrind, &program, 0)?;
        let delivery = (per_message(&valgrind, &program, READERS)? - alone) / READERS as f64;
        Ok([("publish", alone), ("delivery", delivery)])
    })?;
    let path = workspace.root.join(COMMITTED);
    if arguments.iter().any(|argument| argument == KEEP) {
        keep(&path, &counted)?;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let mut passed = true;
    for (name, count) in counted {
        let line = judge(name, count, number(&committed, name));
        passed &= line.is_ok();
        say(&line.unwrap_or_else(|line| line));
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is to be said of a count: bad news is the error.
fn judge(name: &str, count: f64, committed: Option<f64>) -> Result<String, String> {
    let Some(committed) = committed else {
        return Err(format!(
            "{name}: {count:.0} instructions; {COMMITTED} does not know it, `{KEEP}` tells it"
        ));
    };
    let percent = (count / committed - 1.0) * 100.0;
    let line = format!("{name}: {count:.0} instructions, {percent:+.1} % of the committed {committed:.0}");
    if percent > LIMIT_PERCENT {
        return Err(format!(
            "{line}: above the limit of {LIMIT_PERCENT} %. If it is worth it: `cargo xtask count {KEEP}`"
        ));
    }
    Ok(line)
}

fn build(workspace: &Workspace) -> Result<PathBuf, Failure> {
    const CURE: &str = "The messages above say why.";
    let mut build =
        workspace.cargo(["build", "--profile", PROFILE, "--package", "backend", "--example", "count"]);
    process::must(&mut build, CURE)?;
    // What was just built is told once more, with its path.
    let output = process::output(build.arg("--message-format=json")).unwrap_or_default();
    let path = output.lines().filter_map(|line| line.split_once("\"executable\":\"")).next_back();
    let path = path.and_then(|(_, rest)| rest.split_once('"')).map(|(path, _)| PathBuf::from(path));
    path.ok_or_else(|| Failure::new("cargo did not say where the driver is", CURE))
}

/// The instructions that one more message takes.
fn per_message(valgrind: &Path, program: &Path, readers: u64) -> Result<f64, Failure> {
    let (few, many) = MESSAGES;
    let more = instructions(valgrind, program, readers, many)?;
    let more = more.saturating_sub(instructions(valgrind, program, readers, few)?);
    Ok(more as f64 / (many - few) as f64)
}

fn instructions(valgrind: &Path, program: &Path, readers: u64, messages: u64) -> Result<u64, Failure> {
    let mut count = Command::new(valgrind);
    count.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    // What is in the environment is copied at the start, and moves the stack.
    count.args([readers.to_string(), messages.to_string()]).stdin(Stdio::null()).env_clear();
    let output = count.output();
    let output = output.map_err(|error| {
        Failure::new(format!("valgrind could not be started: {error}"), "Run it by hand to see why.")
    })?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    collected(&text).filter(|_| output.status.success()).ok_or_else(|| {
        let last = text.lines().last().unwrap_or("it said nothing");
        Failure::new(format!("valgrind did not count: {last}"), "Run the driver by hand to see why.")
    })
}

/// The number in valgrind's line `Collected : N`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("Collected : "))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn number(committed: &str, name: &str) -> Option<f64> {
    let line = committed.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.trim().parse().ok())
}

fn keep(path: &Path, counted: &[(&str, f64)]) -> Result<(), Failure> {
    let mut text = String::new();
    for (name, count) in counted {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "{name} {count:.0}");
    }
    std::fs::write(path, text).map_err(|error| {
        Failure::new(format!("{} cannot be written: {error}", path.display()), "Make it writable.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valgrinds_number_is_found() {
        let text = "==7== Events    : Ir\n==7== Collected : 182734\n==7== \n";
        assert_eq!(collected(text), Some(182_734));
        assert_eq!(collected("==7== \n"), None);
    }

    #[test]
    fn more_than_the_limit_is_bad_news_and_less_is_good() {
        let committed = number("publish 9000\ndelivery 1000\n", "delivery");
        assert_eq!(committed, Some(1000.0));
        assert!(judge("delivery", 1049.0, committed).is_ok());
        assert!(judge("delivery", 1051.0, committed).is_err());
        assert!(judge("delivery", 500.0, committed).is_ok());
        assert!(judge("delivery", 1000.0, None).is_err());
    }
}
