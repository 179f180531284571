//! `cargo xtask same`: shows that trunk and `cargo xtask` build the same app from the same `index.html`.

use std::path::Path;
use std::process::ExitCode;

use crate::failure::Failure;
use crate::profile::Profile;
use crate::steps::{Steps, say};
use crate::tools::{bind, trunk};
use crate::workspace::Workspace;
use crate::{dev, page};

/// Builds the app in both ways and compares them.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(page::steps(Profile::Quick) + 3);
    page::ensure(&workspace, Profile::Quick, &mut steps)?;
    let trunk = steps.must("trunk", || trunk::ensure(&workspace))?;
    let programs = steps
        .must("Building wasm-bindgen for trunk (1 min the first time)", || bind::programs(&workspace))?;
    steps.note("Comparing with the app of trunk", || check(&workspace, Profile::Quick, &trunk, &programs))?;
    Ok(if steps.failed().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns whether both apps are the same, and prints the first difference. `programs` is the directory of wasm-bindgen.
pub(crate) fn check(
    workspace: &Workspace,
    profile: Profile,
    trunk: &Path,
    programs: &Path,
) -> Result<bool, Failure> {
    let difference =
        page::difference_from_trunk(workspace, profile, dev::command(workspace, trunk, programs))?;
    match &difference {
        None => say("trunk and `cargo xtask` build the same app"),
        Some(difference) => say(difference),
    }
    Ok(difference.is_none())
}
