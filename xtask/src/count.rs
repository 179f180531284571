//! `cargo xtask count`: counts the instructions and allocations per message and delivery, and compares them with the committed
//! counts.
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

/// Increase over the committed count that is a failure, in percent.
const LIMIT_PERCENT: f64 = 5.0;

/// The committed counts: a name and a number in each line.
const COMMITTED: &str = "backend/examples/count.txt";

/// The option that replaces the committed counts.
const KEEP: &str = "--keep";

/// The Cargo profile for a reproducible count and a short build: see `Cargo.toml`.
const PROFILE: &str = "count";

/// Number of readers, in runs with readers. Twice as many still fit in one piece of the fan-out.
const READERS: u64 = 50;

/// Messages in two runs that are subtracted, so that the cost of the start cancels out.
const MESSAGES: (u64, u64) = (100, 300);

/// Connections of one user in two runs that are subtracted, each with a member of a channel and a sweep of the members. A cost that
/// grows with their number shows in the difference.
const CONNECTIONS: (u64, u64) = (2_000, 4_000);

/// A smaller count is rounded to 0: lists that grow, which are not due to one message.
const NOTHING: f64 = 0.01;

/// The unit of a count.
#[derive(Clone, Copy)]
enum Unit {
    /// Instructions of the processor.
    Instructions,
    /// Allocations of memory.
    Allocations,
}

/// A count.
struct Count {
    name: &'static str,
    unit: Unit,
    count: f64,
}

/// Counts and compares. With `--keep` the counts replace the committed ones.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let keeps = keeps(arguments)?;
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(3);
    let valgrind = steps.must("valgrind", valgrind::ensure)?;
    let program = steps.must("Building the driver (2 to 4 min the first time)", || build(&workspace))?;
    let counted = steps.must("Counting (a minute)", || count(&valgrind, &program))?;
    let path = workspace.root.join(COMMITTED);
    if keeps {
        keep(&path, &counted)?;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let mut passed = true;
    for count in counted {
        let line = judge(&count, number(&committed, count.name));
        passed &= line.is_ok();
        say(&line.unwrap_or_else(|line| line));
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns whether the counts replace the committed ones.
fn keeps(arguments: &[String]) -> Result<bool, Failure> {
    match arguments.iter().find(|argument| argument.as_str() != KEEP) {
        Some(other) => Err(Failure::unknown_option(other, &format!("cargo xtask count [{KEEP}]"))),
        None => Ok(!arguments.is_empty()),
    }
}

fn count(valgrind: &Path, program: &Path) -> Result<[Count; 5], Failure> {
    let per_message = |unit, readers| per_message(valgrind, program, unit, readers);
    let alone = per_message(Unit::Instructions, 0)?;
    let all = per_message(Unit::Instructions, 2 * READERS)?;
    // A message without readers allocates nothing, so the share of a reader needs two numbers of readers.
    let few = per_message(Unit::Allocations, READERS)?;
    let many = per_message(Unit::Allocations, 2 * READERS)?;
    let delivery = ((many - few) / READERS as f64).max(0.0);
    Ok([
        Count { name: "publish", unit: Unit::Instructions, count: alone },
        Count { name: "delivery", unit: Unit::Instructions, count: (all - alone) / (2 * READERS) as f64 },
        Count {
            name: "publish-allocations",
            unit: Unit::Allocations,
            count: few - READERS as f64 * delivery,
        },
        Count { name: "delivery-allocations", unit: Unit::Allocations, count: delivery },
        Count { name: "connection", unit: Unit::Instructions, count: per_connection(valgrind, program)? },
    ])
}

/// Describes a count. A count above the limit is an error.
fn judge(count: &Count, committed: Option<f64>) -> Result<String, String> {
    let Count { name, unit, count } = *count;
    let described = match unit {
        Unit::Instructions => format!("{name}: {count:.0} instructions"),
        Unit::Allocations => format!("{name}: {count:.2}"),
    };
    let Some(committed) = committed else {
        return Err(format!("{described}; it is not in {COMMITTED}; `{KEEP}` adds it"));
    };
    let line = match committed {
        0.0 => format!("{described}, and 0 committed"),
        _ => format!(
            "{described}, {:+.1} % of the committed {committed:.0}",
            (count / committed - 1.0) * 100.0
        ),
    };
    if count > committed * (1.0 + LIMIT_PERCENT / 100.0) + NOTHING {
        return Err(format!(
            "{line}: above the limit of {LIMIT_PERCENT} %. If the change is worth it, run `cargo xtask count {KEEP}`."
        ));
    }
    Ok(line)
}

fn build(workspace: &Workspace) -> Result<PathBuf, Failure> {
    const CURE: &str = "The messages above say why.";
    let mut build =
        workspace.cargo(["build", "--profile", PROFILE, "--package", "backend", "--example", "count"]);
    process::must(&mut build, CURE)?;
    // A second build does nothing and prints the path.
    let output = process::output(build.arg("--message-format=json")).unwrap_or_default();
    let path = output.lines().filter_map(|line| line.split_once("\"executable\":\"")).next_back();
    let path = path.and_then(|(_, rest)| rest.split_once('"')).map(|(path, _)| PathBuf::from(path));
    path.ok_or_else(|| Failure::new("cargo did not print the path of the driver", CURE))
}

/// Returns the cost of one more message.
fn per_message(valgrind: &Path, program: &Path, unit: Unit, readers: u64) -> Result<f64, Failure> {
    let (few, many) = MESSAGES;
    let total = |messages: u64| total(valgrind, program, unit, [readers.to_string(), messages.to_string()]);
    Ok(total(many)?.saturating_sub(total(few)?) as f64 / (many - few) as f64)
}

/// Returns the cost to open and close one more connection of a user who has thousands.
fn per_connection(valgrind: &Path, program: &Path) -> Result<f64, Failure> {
    let (few, many) = CONNECTIONS;
    let total = |number: u64| {
        total(valgrind, program, Unit::Instructions, ["connections".to_owned(), number.to_string()])
    };
    Ok(total(many)?.saturating_sub(total(few)?) as f64 / (many - few) as f64)
}

fn total(valgrind: &Path, program: &Path, unit: Unit, arguments: [String; 2]) -> Result<u64, Failure> {
    let mut count = Command::new(valgrind);
    match unit {
        Unit::Instructions => count.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]),
        Unit::Allocations => count.args(["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"]),
    };
    // The environment is copied at the start and moves the stack, so clear it.
    count.arg(program).args(arguments).stdin(Stdio::null()).env_clear();
    let output = count.output();
    let output = output.map_err(|error| {
        Failure::new(format!("valgrind could not be started: {error}"), "Run it by hand to see why.")
    })?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    unit.read(&text).filter(|_| output.status.success()).ok_or_else(|| {
        let last = text.lines().last().unwrap_or("it printed nothing");
        Failure::new(format!("valgrind did not count: {last}"), "Run the driver by hand to see why.")
    })
}

impl Unit {
    /// Reads the number in valgrind's line `Collected : N` or `total heap usage: N allocs`. A reallocation counts again.
    fn read(self, text: &str) -> Option<u64> {
        let begin = match self {
            Self::Instructions => "Collected : ",
            Self::Allocations => "total heap usage: ",
        };
        let (_, rest) = text.lines().find_map(|line| line.split_once(begin))?;
        rest.split(' ').next()?.replace(',', "").parse().ok()
    }
}

fn number(committed: &str, name: &str) -> Option<f64> {
    let mut lines = committed.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(known, _)| *known == name)?.1.trim().parse().ok()
}

fn keep(path: &Path, counted: &[Count]) -> Result<(), Failure> {
    let mut text = String::new();
    for Count { name, count, .. } in counted {
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
    fn an_unknown_option_is_refused() {
        let read =
            |words: &[&str]| keeps(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>()).ok();
        assert_eq!([read(&[]), read(&["--keep"]), read(&["--kept"])], [Some(false), Some(true), None]);
    }

    #[test]
    fn valgrinds_numbers_are_found() {
        let text = "==7== Events    : Ir\n==7== Collected : 182734\n==7== \n";
        assert_eq!(Unit::Instructions.read(text), Some(182_734));
        let text = "==7==   total heap usage: 12,345 allocs, 12,300 frees, 9,876,543 bytes allocated\n";
        assert_eq!(Unit::Allocations.read(text), Some(12_345));
        assert_eq!(Unit::Allocations.read("==7== \n"), None);
    }

    const KNOWN: &str = "publish 9000\ndelivery 1000\npublish-allocations 60\ndelivery-allocations 0\n";

    fn passes(unit: Unit, name: &'static str, count: f64) -> bool {
        judge(&Count { name, unit, count }, number(KNOWN, name)).is_ok()
    }

    #[test]
    fn more_than_the_limit_is_bad_news_and_less_is_good() {
        let delivery = |count| passes(Unit::Instructions, "delivery", count);
        assert_eq!([500.0, 1049.0, 1051.0].map(delivery), [true, true, false]);
        let publish = |count| passes(Unit::Allocations, "publish-allocations", count);
        assert_eq!([60.0, 62.0, 64.0].map(publish), [true, true, false]);
        assert!(!passes(Unit::Instructions, "unknown", 1000.0));
    }

    #[test]
    fn zero_may_not_grow() {
        let delivery = |count| passes(Unit::Allocations, "delivery-allocations", count);
        assert_eq!([0.0, 0.001, 0.02].map(delivery), [true, true, false]);
    }
}
