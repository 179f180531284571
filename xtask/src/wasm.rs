//! Runs the tests of `shared` compiled to WebAssembly, as the browser runs the protocol and the session.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::process;
use crate::steps::say;
use crate::tools::WASM32;
use crate::tools::browser::Browser;
use crate::workspace::Workspace;

/// Runs them in Node.js, or in the browser if there is no Node.js. `programs` is the directory of the test runner. Returns whether
/// they passed.
pub(crate) fn test(
    workspace: &Workspace,
    programs: &Path,
    browser: &Browser,
    arguments: &[String],
) -> Result<bool, Failure> {
    let mut test = workspace.cargo(["test", "--package", "shared", "--target", WASM32]);
    test.args(["--lib", "--tests", "--no-fail-fast", "--"]).args(known(arguments));
    // By name and not by path: cargo would split a path at its spaces.
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("PATH", process::path_with(vec![programs.to_path_buf()]));
    if process::output(Command::new("node").arg("--version")).is_none() {
        say("Node.js was not found, so the browser runs these tests.");
        test.env("WASM_BINDGEN_USE_BROWSER", "1").env("CHROMEDRIVER", &browser.chromedriver);
    }
    let broken = |error| Failure::new(format!("cargo could not be started: {error}"), "Put it on PATH.");
    let mut child = test.stdout(Stdio::piped()).spawn().map_err(broken)?;
    let mut ran = false;
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()).flatten() {
        ran |= line.starts_with("test result:");
        println!("{line}");
    }
    let passed = child.wait().map_err(broken)?.success();
    // The runner ignores a plain `#[test]` and reports success, so check that at least one test ran.
    if passed && !ran && arguments.is_empty() {
        say("No test of shared ran as WebAssembly; mark them with #[wasm_bindgen_test] for that target.");
        return Ok(false);
    }
    Ok(passed)
}

/// Returns those of `arguments` that the WebAssembly test runner knows. It takes one filter and fewer options than Rust's own,
/// and does not start with any other.
fn known(arguments: &[String]) -> Vec<&str> {
    const OPTIONS: [&str; 4] = ["--include-ignored", "--ignored", "--exact", "--nocapture"];
    let mut words = arguments.iter().map(String::as_str);
    let mut known = Vec::new();
    let mut filters = 0;
    while let Some(word) = words.next() {
        match word {
            "--skip" => known.extend(["--skip"].into_iter().chain(words.next())),
            "--test-threads" | "--format" | "--color" => drop(words.next()),
            option if option.starts_with('-') => known.extend(OPTIONS.contains(&option).then_some(option)),
            filter => {
                filters += 1;
                known.extend((filters == 1).then_some(filter));
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runner_gets_only_what_it_knows() {
        let given =
            ["resume", "other", "--nocapture", "--test-threads", "1", "--skip", "slow", "--test-threads=2"];
        let given = given.map(str::to_owned);
        assert_eq!(known(&given), ["resume", "--nocapture", "--skip", "slow"]);
    }
}
