//! Firefox and WebKit, in which the main stories also run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::steps::say;
use crate::tools::apt::Apt;
use crate::version::Version;
use crate::workspace::Workspace;
use crate::{cargo, process};

/// The version of geckodriver to install if there is none. Debian has no package of it.
const GECKODRIVER: Version = Version(0, 37, 1);

const FIREFOX_CURE: &str = "Install Firefox, and geckodriver with `cargo install geckodriver`, or name them in the \
                            environment variables FIREFOX and GECKODRIVER.";
const WEBKIT_CURE: &str = "Install WebKitGTK's MiniBrowser, WebKitWebDriver and Xvfb, or name them in the environment \
                           variables WEBKIT, WEBKIT_DRIVER and XVFB.";

/// The directories in which distributions put MiniBrowser, which is not on PATH.
const MINI_BROWSER_FOLDERS: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1",
    "/usr/libexec/webkit2gtk-4.1",
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.0",
];

/// Where the programs of the engines are, and which stories cannot run.
#[derive(Default)]
pub(crate) struct Engines {
    variables: Vec<(&'static str, PathBuf)>,
    /// The names of the engines without a program.
    skipped: Vec<&'static str>,
}

impl Engines {
    /// Finds the programs, or installs them with apt-get and cargo. Without an engine its stories are skipped, which this
    /// prints; in CI (`CI=true`) it is an error.
    pub(crate) fn ensure(workspace: &Workspace) -> Result<Self, Failure> {
        let mut engines = Self::default();
        engines.add("Firefox", firefox(workspace))?;
        engines.add("WebKit", webkit())?;
        Ok(engines)
    }

    fn add(
        &mut self,
        name: &'static str,
        found: Result<Vec<(&'static str, PathBuf)>, Failure>,
    ) -> Result<(), Failure> {
        match found {
            Ok(variables) => {
                let path = variables.first().map(|(_, path)| path.display().to_string());
                say(&format!("{name}: {}", path.unwrap_or_default()));
                self.variables.extend(variables);
            }
            Err(failure) if std::env::var_os("CI").is_some_and(|ci| ci == "true") => return Err(failure),
            Err(failure) => {
                say(&format!("The stories `browser {}` are skipped: {failure}", module(name)));
                self.skipped.push(name);
            }
        }
        Ok(())
    }

    /// Returns the environment variables for the stories.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.variables.iter().map(|(name, path)| (*name, path.as_path()))
    }

    /// Returns the arguments of the test program that skip the stories that cannot run.
    pub(crate) fn skips(&self) -> Vec<String> {
        self.skipped.iter().flat_map(|name| ["--skip".to_owned(), module(name)]).collect()
    }

    /// Returns the names of the engines whose stories cannot run.
    pub(crate) fn skipped(&self) -> &[&'static str] {
        &self.skipped
    }
}

/// Returns the beginning of the names of an engine's stories.
fn module(engine: &str) -> String {
    format!("engines::{}::", engine.to_lowercase())
}

fn firefox(workspace: &Workspace) -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    let firefox = || program("FIREFOX", &["firefox-esr", "firefox"], &process::path_folders());
    let firefox = match firefox() {
        Some(firefox) => firefox,
        None => {
            install(&["firefox-esr"], "Firefox", FIREFOX_CURE)?;
            firefox().ok_or_else(|| Failure::new("Firefox was installed but not found", FIREFOX_CURE))?
        }
    };
    let folders = workspace.program_folders();
    let driver = || program("GECKODRIVER", &["geckodriver"], &folders);
    let driver = match driver() {
        Some(driver) => driver,
        None => {
            install_geckodriver(workspace)?;
            driver().ok_or_else(|| Failure::new("geckodriver was installed but not found", FIREFOX_CURE))?
        }
    };
    Ok(vec![("FIREFOX", firefox), ("GECKODRIVER", driver)])
}

fn webkit() -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    let find = || {
        let mut folders = process::path_folders();
        let driver = program("WEBKIT_DRIVER", &["WebKitWebDriver"], &folders)?;
        let xvfb = program("XVFB", &["Xvfb"], &folders)?;
        folders.extend(MINI_BROWSER_FOLDERS.map(PathBuf::from));
        let browser = program("WEBKIT", &["MiniBrowser"], &folders)?;
        Some(vec![("WEBKIT", browser), ("WEBKIT_DRIVER", driver), ("XVFB", xvfb)])
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    install(&["webkit2gtk-driver", "xvfb"], "WebKit", WEBKIT_CURE)?;
    find().ok_or_else(|| Failure::new("WebKit was installed but not found", WEBKIT_CURE))
}

/// Returns the program that a variable names, or else the first of `names` in `folders`.
fn program(variable: &str, names: &[&str], folders: &[PathBuf]) -> Option<PathBuf> {
    let named = std::env::var_os(variable).filter(|value: &OsString| !value.is_empty());
    named.map(PathBuf::from).or_else(|| names.iter().find_map(|name| process::find(name, folders)))
}

fn install(packages: &[&str], engine: &str, cure: &str) -> Result<(), Failure> {
    let Some(apt) = Apt::usable() else {
        let cause = format!("{engine} was not found, and apt-get is missing or needs a password");
        return Err(Failure::new(cause, cure));
    };
    apt.install(packages, cure)
}

fn install_geckodriver(workspace: &Workspace) -> Result<(), Failure> {
    let krate = format!("geckodriver@{GECKODRIVER}");
    say(&format!("Installing {krate} (2 to 3 min the first time)"));
    let build = workspace.tools.join("build");
    let mut install: Command = cargo::install();
    install.arg(&krate).arg("--root").arg(&workspace.tools);
    install.env("CARGO_TARGET_DIR", &build).current_dir(&workspace.root);
    process::must(&mut install, FIREFOX_CURE)?;
    // Nothing needs the build directory afterwards; if it cannot be removed, it only takes disk space.
    let _ = std::fs::remove_dir_all(build);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_of_a_missing_engine_are_skipped() {
        let engines = Engines { variables: Vec::new(), skipped: vec!["WebKit"] };
        assert_eq!(engines.skips(), ["--skip", "engines::webkit::"]);
        assert!(Engines::default().skips().is_empty());
    }
}
