//! Builds the page that the server embeds, unless it is up to date.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use crate::failure::Failure;
use crate::steps::say;
use crate::tools::PageTools;
use crate::workspace::Workspace;
use crate::{compress, process, scripts, styles};

/// The sources of the page. A change of any of these causes a new build.
const SOURCES: [&str; 5] = ["frontend", "shared", "Cargo.toml", "Cargo.lock", "Trunk.toml"];
pub(crate) const DIST: &str = "frontend/dist";

/// Builds `frontend/dist` with the Cargo profile `page`.
pub(crate) fn build(workspace: &Workspace, tools: &PageTools) -> Result<(), Failure> {
    let root = &workspace.root;
    let index = root.join(DIST).join("index.html");
    let stamp = workspace.tools.join("page.stamp");
    let shrunk = [tools.wasm_opt.as_ref().map(|_| "wasm-opt"), tools.esbuild.as_ref().map(|_| "esbuild")];
    let kind: Vec<_> = shrunk.into_iter().flatten().chain(["joined", "compressed"]).collect();
    let kind = kind.join(", ");

    if is_current(&stamp, &kind, &index, newest(root, &SOURCES)) {
        say("up to date");
        return Ok(());
    }
    let begun = SystemTime::now();
    process::must(
        &mut trunk(workspace, tools),
        "The messages above say why; the page's code is in frontend/.",
    )?;
    if let Some(esbuild) = &tools.esbuild {
        scripts::minify(&root.join(DIST), esbuild)?;
    }
    styles::join(&root.join(DIST)).map_err(|error| {
        Failure::new(format!("the style sheets cannot be joined: {error}"), "They are in frontend/dist.")
    })?;
    compress::all(&root.join(DIST));
    // The stamp has the time at which the build started: a source that changes during a build is newer than the page.
    let note = std::fs::read_to_string(&index)
        .and_then(|html| std::fs::create_dir_all(&workspace.tools).map(|()| html))
        .and_then(|html| std::fs::write(&stamp, note(&kind, &html)))
        .and_then(|()| std::fs::File::options().write(true).open(&stamp)?.set_modified(begun));
    if note.is_err() {
        say("The page cannot be marked as up to date and will be built again next time.");
    }
    Ok(())
}

fn trunk(workspace: &Workspace, tools: &PageTools) -> Command {
    let mut trunk = Command::new(&tools.trunk);
    trunk.args(["build", "--cargo-profile", "page"]).current_dir(&workspace.root);
    // trunk runs wasm-opt, and downloads it if it is missing, only with `--release`. That option has no other effect here,
    // because the profile and minifying are given.
    trunk.arg(if tools.wasm_opt.is_some() { "--release" } else { "--minify" });
    trunk.env("PATH", tools.path()).env("TRUNK_SKIP_VERSION_CHECK", "true");
    if let Some(flags) = rust_flags(|name| std::env::var(name).ok()) {
        trunk.env("CARGO_ENCODED_RUSTFLAGS", flags);
    }
    // trunk reads the variable as its own option and refuses its usual value, 1.
    trunk.env_remove("NO_COLOR");
    trunk
}

/// Returns the flags for the page's compiler if the environment has flags, in the form of `CARGO_ENCODED_RUSTFLAGS`.
///
/// Cargo uses the environment's flags instead of those in `.cargo/config.toml`. Without [`ERASED`] the page is 12 %
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

/// The page's flags in `.cargo/config.toml`.
const ERASED: [&str; 2] = ["--cfg", "erase_components"];

/// Returns whether the page is the last one that this task built, with the same tools, from sources that are not newer.
/// `trunk serve` writes a development page to the same directory, which must never get into the server.
fn is_current(stamp: &Path, kind: &str, index: &Path, newest: Option<SystemTime>) -> bool {
    let built = stamp.metadata().and_then(|meta| meta.modified()).ok();
    let (Ok(noted), Ok(html)) = (std::fs::read_to_string(stamp), std::fs::read_to_string(index)) else {
        return false;
    };
    built.zip(newest).is_some_and(|(built, newest)| newest <= built) && noted == note(kind, &html)
}

fn note(kind: &str, html: &str) -> String {
    format!("{kind}\n{html}")
}

/// Returns when the newest of `sources` was changed.
fn newest(root: &Path, sources: &[&str]) -> Option<SystemTime> {
    sources.iter().filter_map(|source| newest_in(&root.join(source), &root.join(DIST))).max()
}

fn newest_in(path: &Path, except: &Path) -> Option<SystemTime> {
    if path == except {
        return None;
    }
    let own = path.metadata().and_then(|meta| meta.modified()).ok()?;
    let Ok(entries) = path.read_dir() else { return Some(own) };
    // A directory's own time changes when a file is removed. The parent of `dist` is left out, because a build changes it.
    let own = (except.parent() != Some(path)).then_some(own);
    entries.flatten().filter_map(|entry| newest_in(&entry.path(), except)).chain(own).max()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("xtask-page-{name}-{}", std::process::id()));
            std::fs::create_dir_all(folder.join("frontend/src")).unwrap();
            std::fs::create_dir_all(folder.join(DIST)).unwrap();
            Self(folder)
        }

        fn write(&self, file: &str, text: &str, age: u64) {
            let path = self.0.join(file);
            std::fs::write(&path, text).unwrap();
            self.age(&path, age);
        }

        fn age(&self, path: &Path, seconds: u64) {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000 - seconds);
            std::fs::File::open(path).unwrap().set_modified(time).unwrap();
        }

        fn is_current(&self, kind: &str) -> bool {
            self.age(&self.0.join("frontend/src"), 100);
            let newest = newest(&self.0, &["frontend", "Cargo.lock"]);
            is_current(&self.0.join("stamp"), kind, &self.0.join(DIST).join("index.html"), newest)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn flags_of_the_environment_are_added_to_those_of_the_page() {
        let flags = |name: &'static str, value: &'static str| {
            rust_flags(|asked| (asked == name).then(|| value.to_owned()))
        };
        let joined = Some("-C\x1fdebuginfo=0\x1f--cfg\x1ferase_components".to_owned());
        assert_eq!(flags("RUSTFLAGS", " -C  debuginfo=0 "), joined);
        assert_eq!(flags("CARGO_ENCODED_RUSTFLAGS", "-C\x1fdebuginfo=0"), joined);
        assert_eq!(flags("RUSTFLAGS", "").as_deref(), Some("--cfg\x1ferase_components"));
        assert_eq!(flags("OTHER", ""), None, "cargo then uses the flags of its settings");
        let config = include_str!("../../.cargo/config.toml");
        assert!(config.contains(&format!("rustflags = {ERASED:?}")), "{config}");
    }

    #[test]
    fn a_page_is_current_until_a_source_is_newer() {
        let folder = Folder::new("newer");
        folder.write("frontend/src/main.rs", "", 100);
        folder.write("frontend/dist/index.html", "page", 1);
        assert!(!folder.is_current("plain"), "the page has no stamp yet");
        folder.write("stamp", &note("plain", "page"), 50);
        assert!(folder.is_current("plain"));
        folder.write("frontend/src/main.rs", "", 49);
        assert!(!folder.is_current("plain"));
    }

    #[test]
    fn a_page_that_someone_else_wrote_or_of_another_kind_is_not_current() {
        let folder = Folder::new("other");
        folder.write("frontend/src/main.rs", "", 100);
        folder.write("frontend/dist/index.html", "page", 1);
        folder.write("stamp", &note("plain", "page"), 50);
        assert!(!folder.is_current("wasm-opt"));
        folder.write("frontend/dist/index.html", "page with live reload", 1);
        assert!(!folder.is_current("plain"));
    }
}
