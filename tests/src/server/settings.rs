//! How a server is started.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Flags, variables and the config file of a server. All that is not said stays as the server has it.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub(super) flags: Vec<OsString>,
    pub(super) variables: Vec<(String, OsString)>,
    pub(super) config: Option<String>,
    pub(super) data: Option<PathBuf>,
    pub(super) open_files_max: Option<u32>,
}

impl Settings {
    /// A flag with its value, such as `--message-rate 5`.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.flags.push(name.into());
        self.flags.push(value.as_ref().to_owned());
        self
    }

    /// A command, such as `serve`.
    #[must_use]
    pub fn command(mut self, name: &str) -> Self {
        self.flags.insert(0, name.into());
        self
    }

    /// An environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Where it keeps its data, instead of a folder of its own; the setting itself is given by the story.
    #[must_use]
    pub fn keeps_data_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// What the config file says; it is given by `--config`.
    #[must_use]
    pub fn config(mut self, toml: &str) -> Self {
        self.config = Some(toml.to_owned());
        self
    }

    /// A connection may say as much as it likes: for stories in which much is said.
    #[must_use]
    pub fn talkative(self) -> Self {
        self.flag("--message-rate", "0")
    }

    /// Somebody who goes is missed after `ms` milliseconds, not after the usual seconds.
    #[must_use]
    pub fn presence_grace_ms(self, ms: u32) -> Self {
        self.flag("--presence-grace-ms", ms.to_string())
    }

    /// The process may open as many files and sockets, and cannot raise that.
    #[must_use]
    pub fn open_files_max(mut self, files: u32) -> Self {
        self.open_files_max = Some(files);
        self
    }
}
