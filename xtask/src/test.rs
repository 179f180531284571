//! `cargo xtask test`: runs every test, also from a fresh clone.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::background::Background;
use crate::failure::Failure;
use crate::profile::Profile;
use crate::steps::{Steps, say};
use crate::tools::browser::{Browser, Engines};
use crate::tools::{self, AppTools, WASM32, nginx, trunk};
use crate::workspace::Workspace;
use crate::{page, process, same, size, wasm};

/// The stories open the shipped app.
const PROFILE: Profile = Profile::Shipped;

/// Installs, builds, tests and reports. `arguments` go to the test programs: filters and their options.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    println!("The first time this takes 15 to 16 min on 2 cores, later 6 min.");
    let mut steps = Steps::new(13);
    let outcome = all(&workspace, &mut steps, arguments);
    println!("\n{}", steps.table());
    outcome?;
    match (steps.failed().as_slice(), steps.skipped()) {
        ([], []) => println!("Everything passed."),
        ([], skipped) => println!("Everything that ran passed. Skipped: {}.", skipped.join(", ")),
        (failed, _) => {
            println!("Failed: {}. The messages are above, below the step's number.", failed.join(", "));
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn all(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<(), Failure> {
    let browser = steps.must("Browser", Browser::ensure)?;
    let engines = steps.must("Firefox and WebKit", || Engines::ensure(workspace))?;
    for engine in engines.skipped() {
        steps.skip(&format!("the stories in {engine}"));
    }
    let nginx = steps.must("nginx", || nginx::ensure(workspace))?;
    steps.must(&format!("Target {WASM32}"), || tools::ensure_wasm32(workspace))?;
    let tools = steps.must("wasm-opt and esbuild", || Ok(AppTools::ensure(workspace)))?;
    // The app's last minute uses one core, and its profile has a directory of its own, so cargo can build the rest meanwhile.
    let app = compile_app(workspace, &tools)?;
    steps.must("Building the server and the tests, beside the app (6 min the first time)", || {
        process::must(&mut build(workspace), "The messages above say why.")
    })?;
    steps.must("Building the app", || {
        app.map_or(Ok(()), Background::finish)?;
        page::build(workspace, PROFILE, &tools)
    })?;
    steps.note("Size of the app", || {
        // If the app is too large, run its tests nevertheless.
        Ok(size::check(workspace, &tools).inspect_err(|failure| println!("{failure}")).is_ok())
    })?;
    let programs = workspace.programs(PROFILE.bind());
    let mut is_compared = false;
    steps.note("Comparing with the app of trunk", || {
        let is_same = compare(workspace, &programs)?;
        is_compared = is_same.is_some();
        Ok(is_same.unwrap_or(true))
    })?;
    if !is_compared {
        steps.skip("the comparison with the app of trunk");
    }

    let native = |kinds: &[&str]| {
        let mut test = workspace.cargo(["test", "--workspace", "--no-fail-fast"]);
        test.args(kinds).arg("--").args(engines.skips()).args(arguments);
        test.envs(engines.variables());
        test.env("CHROME", &browser.chrome).env("CHROMEDRIVER", &browser.chromedriver);
        test.env("NGINX", &nginx).env("TIDINGS_BIN", workspace.server("dev"));
        test
    };
    steps.note("Unit tests", || process::succeeds(&mut native(&["--lib", "--bins"])))?;
    steps.note("Examples in the documentation", || process::succeeds(&mut native(&["--doc"])))?;
    steps.note("shared, as WebAssembly", || wasm::test(workspace, &programs, &browser, arguments))?;
    steps.note("Integration tests and stories", || process::succeeds(&mut native(&["--test", "*"])))
}

/// Returns the command that builds everything native.
///
/// Every native command selects the whole workspace, and filters by the kind of target instead. Cargo joins the features of the
/// packages it is given, so `-p tests` alone would compile most dependencies a second time, with other features.
fn build(workspace: &Workspace) -> Command {
    let mut build = workspace.cargo(["build", "--workspace", "--tests"]);
    for program in ["tidings", "xtask-bind", "wasm-bindgen", "wasm-bindgen-test-runner"] {
        build.args(["--bin", program]);
    }
    build
}

/// Starts to compile the app, unless it is up to date.
fn compile_app(workspace: &Workspace, tools: &AppTools) -> Result<Option<Background>, Failure> {
    if page::current(workspace, PROFILE, tools).is_some() {
        return Ok(None);
    }
    let log = workspace.tools.join("app.log");
    Background::start("The app's compiler", page::compile_command(workspace, PROFILE), &log).map(Some)
}

/// Compares with trunk if it is installed: only development needs it, and to install it takes minutes. Returns whether both apps are
/// the same, or `None` without trunk.
fn compare(workspace: &Workspace, programs: &Path) -> Result<Option<bool>, Failure> {
    let Some(trunk): Option<PathBuf> = trunk::find(workspace) else {
        say("Not compared, because trunk is not installed. `cargo xtask same` installs it and compares.");
        return Ok(None);
    };
    same::check(workspace, PROFILE, &trunk, programs).map(Some)
}
