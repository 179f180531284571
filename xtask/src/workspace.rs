//! Where things are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::{cargo, process};

/// The folders the tasks work with.
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the user's settings put it.
    pub(crate) target: PathBuf,
    /// Programs and notes of this crate's own. Inside the target folder, so `cargo clean` forgets them.
    pub(crate) tools: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self, Failure> {
        // Cargo sets the variable at run time; the constant serves a program started without cargo.
        let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let here = here.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = here.parent().unwrap_or(Path::new(".")).to_path_buf();

        let mut metadata = Command::new(cargo::program());
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&root);
        let target = process::output(&mut metadata).and_then(|json| json_string(&json, "target_directory"));
        let target = target.map(PathBuf::from).ok_or_else(|| {
            Failure::new("`cargo metadata` failed", "Run it by hand in the project's folder to see why.")
        })?;
        Ok(Self { tools: target.join("xtask"), root, target })
    }

    /// The server's program in `profile`'s folder (`debug`, `release`).
    pub(crate) fn server(&self, profile: &str) -> PathBuf {
        self.target.join(profile).join(format!("tidings{}", std::env::consts::EXE_SUFFIX))
    }

    /// A cargo command in the project's folder.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = Command::new(cargo::program());
        command.current_dir(&self.root).args(arguments);
        command
    }
}

/// The string under `key` in machine-written JSON. Enough for one path, and spares a JSON parser's compile time.
fn json_string(json: &str, key: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{key}\":\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_from_metadata() {
        let json = r#"{"packages":[],"target_directory":"/tmp/a b/target","version":1}"#;
        assert_eq!(json_string(json, "target_directory").as_deref(), Some("/tmp/a b/target"));
        let windows = r#"{"target_directory":"C:\\x\\target"}"#;
        assert_eq!(json_string(windows, "target_directory").as_deref(), Some("C:\\x\\target"));
        assert_eq!(json_string(json, "workspace_root"), None);
    }
}
