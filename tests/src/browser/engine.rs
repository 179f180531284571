//! The browsers that stories run in: one file per engine with its program and options.

mod chromium;
mod contexts;
mod firefox;
mod webkit;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thirtyfour::Capabilities;

use super::driver::{Driver, program};
use super::screen::{Background, Screen, Waits};

pub(super) use chromium::INSECURE_HOST;
pub(super) use contexts::Context;

/// A browser engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The engine of Chrome and Edge. Only here a story can use Chromium's own protocol: crash a tab, set the colour
    /// scheme, reopen a profile.
    Chromium,
    /// Firefox, with Gecko.
    Firefox,
    /// The engine of Safari, in the small browser that WebKitGTK comes with.
    WebKit,
}

/// What a browser is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) screen: Screen,
    pub(super) waits: Waits,
    pub(super) background: Background,
    /// Whether the browser has its own process. Otherwise it is a context of a shared browser, if the engine and the other
    /// options allow that.
    pub(super) is_own: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { screen: Screen::Wide, waits: Waits::ForAll, background: Background::Steady, is_own: false }
    }
}

impl Engine {
    /// Returns a driver that can open a browser with a new session.
    pub(super) async fn driver(self) -> Arc<Driver> {
        match self {
            Self::Chromium => chromium::driver(),
            Self::Firefox => firefox::driver(),
            Self::WebKit => webkit::driver().await,
        }
    }

    /// Whether a browser with these options is a context of a shared one.
    pub(super) fn shares(self, options: Options) -> bool {
        self == Self::Chromium && options == Options::default()
    }

    /// Returns the request for a session in the shared browser.
    pub(super) async fn shared_capabilities(self) -> Capabilities {
        chromium::shared_capabilities(contexts::address().await)
    }

    /// Returns the request for a browser that stores its data in `profile`.
    pub(super) fn capabilities(self, options: Options, profile: &Path) -> Capabilities {
        match self {
            Self::Chromium => chromium::capabilities(options, profile),
            Self::Firefox => firefox::capabilities(options),
            Self::WebKit => webkit::capabilities(options),
        }
    }
}

/// Returns the absolute path of the program that a variable names, or else of the first of `names` on PATH.
fn binary(variable: &str, names: &[&str]) -> PathBuf {
    let named = program(variable, names[0]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = std::iter::once(PathBuf::from(&named)).chain(names.iter().map(PathBuf::from));
    let found = names
        .flat_map(|name| {
            let on_path: Vec<_> = folders.iter().map(|folder| folder.join(&name)).collect();
            std::iter::once(name).chain(on_path)
        })
        .find(|candidate| candidate.is_file());
    let Some(found) = found else {
        panic!("{} is not found; install it, or name another with {variable}", Path::new(&named).display());
    };
    found
}
