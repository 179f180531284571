//! `cargo xtask use`: builds the shipped app and server, and measures the app in a real browser.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::profile::{Profile, RELEASE};
use crate::steps::Steps;
use crate::tools::browser::Browser;
use crate::workspace::Workspace;
use crate::{page, process};

/// Builds, then measures what `arguments` select: the options of `tests/benches/in_use`, which prints them if there are none.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(page::steps(Profile::Shipped) + 3);
    let browser = steps.must("Browser", Browser::ensure)?;
    page::ensure(&workspace, Profile::Shipped, &mut steps)?;
    workspace.build_server(RELEASE, &mut steps)?;
    // The profile of the tests, because their harness is used and only the browser is measured.
    let mut bench = workspace.cargo(["bench", "--workspace", "--profile", "dev", "--bench", "in_use", "--"]);
    bench.args(arguments).env("TIDINGS_BIN", workspace.server(RELEASE));
    bench.env("CHROME", &browser.chrome).env("CHROMEDRIVER", &browser.chromedriver);
    steps.note("Measuring", || process::succeeds(&mut bench))?;
    Ok(if steps.failed().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
