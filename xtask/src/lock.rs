//! Reads versions from `Cargo.lock`: the wasm-bindgen program must have exactly the version of the crate.

use crate::failure::Failure;
use crate::version::Version;
use crate::workspace::Workspace;

/// Returns the locked version of the crate `wasm-bindgen`.
pub(crate) fn wasm_bindgen(workspace: &Workspace) -> Result<Version, Failure> {
    let path = workspace.root.join("Cargo.lock");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    package(&text, "wasm-bindgen").ok_or_else(|| {
        Failure::new(
            "Cargo.lock has no version of wasm-bindgen",
            "Restore it with `git checkout Cargo.lock`.",
        )
    })
}

fn package(lock: &str, name: &str) -> Option<Version> {
    let wanted = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Version::parse(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
[[package]]
name = "wasm-bindgen-futures"
version = "0.4.80"

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
source = "registry"
"#;

    #[test]
    fn the_exact_package_is_found_among_those_with_similar_names() {
        assert_eq!(package(LOCK, "wasm-bindgen"), Some(Version(0, 2, 130)));
    }

    #[test]
    fn a_package_that_is_not_locked_has_no_version() {
        assert_eq!(package(LOCK, "wasm-bindgen-cli"), None);
    }
}
