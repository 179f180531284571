//! Compiles the app to WebAssembly, and writes its JavaScript side.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::document::App;
use crate::failure::Failure;
use crate::process;
use crate::profile::Profile;
use crate::tools::{WASM32, bind};
use crate::workspace::Workspace;

const CURE: &str = "The messages above say why; the app's code is in frontend/.";

/// Returns the command that compiles the app.
pub(crate) fn command(workspace: &Workspace, profile: Profile) -> Command {
    let mut cargo = workspace.cargo(["build", "--package", "frontend", "--target", WASM32, "--profile"]);
    cargo.arg(profile.app());
    if let Some(flags) = rust_flags(|name| std::env::var(name).ok()) {
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
    }
    cargo
}

/// Compiles and binds the app. `folder` is for intermediate files.
pub(super) fn app(workspace: &Workspace, profile: Profile, folder: &Path) -> Result<App, Failure> {
    process::must(&mut command(workspace, profile), CURE)?;
    bind::run(workspace, profile, &module(workspace, profile), folder)?;
    let script = read(&folder.join(bind::SCRIPT))?;
    let module = read(&folder.join(bind::MODULE))?;
    if folder.join(SNIPPETS).exists() {
        return Err(Failure::new(
            "the app has JavaScript snippets of a crate, which this build does not copy",
            "Add them to xtask/src/page/document.rs.",
        ));
    }
    Ok(App { script, module })
}

/// The directory in which wasm-bindgen puts the JavaScript files of crates. The app has none.
const SNIPPETS: &str = "snippets";

/// Returns the compiled module, before wasm-bindgen.
fn module(workspace: &Workspace, profile: Profile) -> PathBuf {
    workspace.target.join(WASM32).join(profile.app()).join("frontend.wasm")
}

/// Reads a file that was just written.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::new(
            format!("{} cannot be read: {error}", path.display()),
            "Run `cargo clean`, then try again.",
        )
    })
}

/// Returns the flags for the app's compiler if the environment has flags, in the form of `CARGO_ENCODED_RUSTFLAGS`.
///
/// Cargo uses the environment's flags instead of those in `.cargo/config.toml`. Without [`ERASED`] the app is 12 %
/// larger.
fn rust_flags(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let encoded = variable("CARGO_ENCODED_RUSTFLAGS");
    // An empty variable also replaces the flags.
    let given = encoded.or_else(|| variable("RUSTFLAGS").map(|flags| flags.replace(' ', SEPARATOR)))?;
    let flags = given.split(SEPARATOR).filter(|flag| !flag.is_empty()).chain(ERASED);
    Some(flags.collect::<Vec<_>>().join(SEPARATOR))
}

/// The separator of flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\x1f";

/// The app's flags in `.cargo/config.toml`.
const ERASED: [&str; 2] = ["--cfg", "erase_components"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_the_environment_are_added_to_those_of_the_app() {
        let flags = |name: &'static str, value: &'static str| {
            rust_flags(|asked| (asked == name).then(|| value.to_owned()))
        };
        let joined = Some("-C\x1fdebuginfo=0\x1f--cfg\x1ferase_components".to_owned());
        assert_eq!(flags("RUSTFLAGS", " -C  debuginfo=0 "), joined);
        assert_eq!(flags("CARGO_ENCODED_RUSTFLAGS", "-C\x1fdebuginfo=0"), joined);
        assert_eq!(flags("RUSTFLAGS", "").as_deref(), Some("--cfg\x1ferase_components"));
        assert_eq!(flags("OTHER", ""), None, "cargo then uses the flags of its settings");
        let config = include_str!("../../../.cargo/config.toml");
        assert!(config.contains(&format!("rustflags = {ERASED:?}")), "{config}");
    }
}
