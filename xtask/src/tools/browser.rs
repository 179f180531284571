//! The browser of the stories, and the driver that controls it.

mod engines;

use std::path::{Path, PathBuf};

pub(crate) use engines::Engines;

use super::apt::Apt;
use crate::failure::Failure;
use crate::process;
use crate::steps::say;
use crate::version::Version;

const BROWSERS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const CURE: &str = "Install Chrome or Chromium and the chromedriver of the same version, or name them in the \
                    environment variables CHROME and CHROMEDRIVER.";

/// A browser and a driver of the same major version: chromedriver refuses any other.
pub(crate) struct Browser {
    pub(crate) chrome: PathBuf,
    pub(crate) chromedriver: PathBuf,
}

impl Browser {
    /// Finds both, or installs them with apt-get.
    pub(crate) fn ensure() -> Result<Self, Failure> {
        if let Some(browser) = Self::find()? {
            return Ok(browser);
        }
        let Some(apt) = Apt::usable() else {
            return Err(Failure::new(
                "No browser with its driver was found, and apt-get is missing or needs a password",
                CURE,
            ));
        };
        apt.install(&["chromium", "chromium-driver"], CURE)?;
        Self::find()?.ok_or_else(|| Failure::new("The browser was installed but does not start", CURE))
    }

    fn find() -> Result<Option<Self>, Failure> {
        let chrome = match named("CHROME")? {
            Some(chrome) => Some(chrome),
            None => browser_folders().find_map(|path| Version::of(&path).map(|version| (path, version))),
        };
        let driver = match named("CHROMEDRIVER")? {
            Some(driver) => Some(driver),
            None => process::find("chromedriver", &process::path_folders())
                .and_then(|path| Version::of(&path).map(|version| (path, version))),
        };
        let (Some((chrome, browser)), Some((chromedriver, driver))) = (chrome, driver) else {
            return Ok(None);
        };
        if browser.0 != driver.0 {
            return Err(Failure::new(
                format!("The browser is version {} but chromedriver is version {}", browser.0, driver.0),
                CURE,
            ));
        }
        say(&format!("{} {}", chrome.display(), browser.0));
        Ok(Some(Self { chrome, chromedriver }))
    }
}

/// Returns the program that a variable names. If it does not start, that is an error, not a reason to look further.
fn named(variable: &str) -> Result<Option<(PathBuf, Version)>, Failure> {
    let Some(path) = std::env::var_os(variable).map(PathBuf::from) else { return Ok(None) };
    match Version::of(&path) {
        Some(version) => Ok(Some((path, version))),
        None => Err(Failure::new(format!("{variable}={} does not start", path.display()), CURE)),
    }
}

fn browser_folders() -> impl Iterator<Item = PathBuf> {
    let folders = process::path_folders();
    let on_path = BROWSERS.into_iter().filter_map(move |name| process::find(name, &folders));
    let mac = Path::new("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    on_path.chain(mac.is_file().then(|| mac.to_path_buf()))
}
