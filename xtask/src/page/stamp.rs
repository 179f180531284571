//! Notes how and from which sources the app was built, so that it is built again only after a change.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::DIST;
use crate::workspace::Workspace;

/// The sources of the app. A change of any of these causes a new build.
const SOURCES: [&str; 10] = [
    "frontend",
    "shared",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "rust-toolchain.toml",
    "xtask/bind",
    "xtask/src/page",
    "xtask/src/profile.rs",
    // The versions of the tools.
    "xtask/src/tools",
];

/// The note about the last build: its kind and its `index.html`.
pub(super) struct Stamp {
    root: PathBuf,
    file: PathBuf,
}

impl Stamp {
    /// Returns the stamp of the workspace's app.
    pub(super) fn of(workspace: &Workspace) -> Self {
        Self { root: workspace.root.clone(), file: workspace.tools.join("app.stamp") }
    }

    /// Returns the kind of the app if it is the last one that `xtask` built, from sources that are not newer. `trunk serve` writes a
    /// development build to the same directory, which must never get into the server.
    pub(super) fn current(&self) -> Option<String> {
        let built = self.file.metadata().and_then(|meta| meta.modified()).ok()?;
        let note = std::fs::read_to_string(&self.file).ok()?;
        let (kind, noted) = note.split_once('\n')?;
        let is_current = newest(&self.root, &SOURCES)? <= built && noted == self.html().ok()?;
        is_current.then(|| kind.to_owned())
    }

    /// Notes that the app is of this kind. `begun` is when its build started: a source that changes during a build is newer.
    pub(super) fn write(&self, kind: &str, begun: SystemTime) -> std::io::Result<()> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.file, format!("{kind}\n{}", self.html()?))?;
        std::fs::File::options().write(true).open(&self.file)?.set_modified(begun)
    }

    fn html(&self) -> std::io::Result<String> {
        std::fs::read_to_string(self.root.join(DIST).join("index.html"))
    }
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
// Windows does not change the time of a directory that was opened as a file.
#[cfg(unix)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("xtask-stamp-{name}-{}", std::process::id()));
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
            std::fs::File::open(path).unwrap().set_modified(time(seconds)).unwrap();
        }

        fn stamp(&self) -> Stamp {
            Stamp { root: self.0.clone(), file: self.0.join("stamps/app") }
        }

        fn is_current(&self, kind: &str) -> bool {
            self.age(&self.0.join("frontend/src"), 100);
            self.stamp().current().as_deref() == Some(kind)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// An instant so many seconds before a fixed one.
    fn time(age: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000 - age)
    }

    #[test]
    fn each_source_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for source in SOURCES {
            assert!(root.join(source).exists(), "{source}");
        }
    }

    #[test]
    fn an_app_is_current_until_a_source_is_newer() {
        let folder = Folder::new("newer");
        folder.write("frontend/src/main.rs", "", 100);
        folder.write("frontend/dist/index.html", "app", 1);
        assert!(!folder.is_current("plain"), "the app has no stamp yet");
        folder.stamp().write("plain", time(50)).unwrap();
        assert!(folder.is_current("plain"));
        folder.write("frontend/src/main.rs", "", 49);
        assert!(!folder.is_current("plain"));
    }

    #[test]
    fn an_app_that_someone_else_wrote_or_of_another_kind_is_not_current() {
        let folder = Folder::new("other");
        folder.write("frontend/src/main.rs", "", 100);
        folder.write("frontend/dist/index.html", "app", 1);
        folder.stamp().write("plain", time(50)).unwrap();
        assert!(!folder.is_current("wasm-opt"));
        folder.write("frontend/dist/index.html", "app with live reload", 1);
        assert!(!folder.is_current("plain"));
    }
}
