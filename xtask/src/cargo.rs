//! Cargo itself, and the settings that make `cargo install` quick.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Returns the cargo that started this program, so that every build uses the same toolchain.
pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Returns the directory in which `cargo install` puts programs. It is not on PATH if Rust is a distribution's package.
pub(crate) fn bin_folder() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))?;
    Some(home.join("bin"))
}

/// Returns `cargo install` without optimisation: these programs run for a second at a time, and a full optimisation takes several
/// times as long.
pub(crate) fn install() -> Command {
    let mut command = Command::new(program());
    command
        .arg("install")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    command
}
