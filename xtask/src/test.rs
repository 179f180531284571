//! `cargo xtask test`: runs every test, also from a fresh clone.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::steps::Steps;
use crate::tools::PageTools;
use crate::tools::browser::{Browser, Engines};
use crate::tools::nginx;
use crate::workspace::Workspace;
use crate::{page, process, size, wasm};

/// Installs, builds, tests and reports. `arguments` go to the test programs: filters and their options.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(PageTools::STEPS + 10);
    let outcome = all(&workspace, &mut steps, arguments);
    println!("\n{}", steps.table());
    outcome?;
    match steps.failed().as_slice() {
        [] => {
            println!("Everything passed.");
            Ok(ExitCode::SUCCESS)
        }
        failed => {
            println!("Failed: {}. The messages are above, below the step's number.", failed.join(", "));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn all(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<(), Failure> {
    let tools = PageTools::ensure(workspace, steps)?;
    let browser = steps.must("Browser", Browser::ensure)?;
    let engines = steps.must("Firefox and WebKit", || Engines::ensure(workspace))?;
    let nginx = steps.must("nginx", || nginx::ensure(workspace))?;
    steps.must("Building the page (2 to 4 min the first time)", || page::build(workspace, &tools))?;
    steps.note("Size of the page", || {
        // If the page is too large, run its tests nevertheless.
        Ok(size::check(workspace, &tools).inspect_err(|failure| println!("{failure}")).is_ok())
    })?;

    // Every native command below selects the whole workspace, and filters by the kind of target instead.
    // Cargo joins the features of the packages it is given, so `-p tests` alone would compile most
    // dependencies a second time, with other features.
    steps.must("Building the server and the tests (2 to 5 min the first time)", || {
        let mut build = workspace.cargo(["build", "--workspace", "--bin", "tidings", "--tests"]);
        process::must(&mut build, "The messages above say why.")
    })?;
    let native = |kinds: &[&str]| {
        let mut test = workspace.cargo(["test", "--workspace", "--no-fail-fast"]);
        test.args(kinds).arg("--").args(engines.skips()).args(arguments);
        test.envs(engines.variables());
        test.env("CHROME", &browser.chrome).env("CHROMEDRIVER", &browser.chromedriver);
        test.env("NGINX", &nginx).env("TIDINGS_BIN", workspace.server("debug"));
        test
    };
    steps.note("Unit tests", || process::succeeds(&mut native(&["--lib", "--bins"])))?;
    steps.note("Examples in the documentation", || process::succeeds(&mut native(&["--doc"])))?;
    steps.note("shared, as WebAssembly", || wasm::test(workspace, &tools, &browser, arguments))?;
    steps.note("Server and browser stories", || process::succeeds(&mut native(&["--test", "*"])))
}
