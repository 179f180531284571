//! The command line, environment and config file of a server.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Flags, variables and the config file of a server. A setting that is not given has the server's default.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub(super) flags: Vec<OsString>,
    pub(super) variables: Vec<(String, OsString)>,
    pub(super) config: Option<String>,
    pub(super) data: Option<PathBuf>,
    pub(super) open_files_max: Option<u32>,
}

impl Settings {
    /// Adds a flag with its value, such as `--message-rate 5`.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.flags.push(name.into());
        self.flags.push(value.as_ref().to_owned());
        self
    }

    /// Adds a command, such as `serve`.
    #[must_use]
    pub fn command(mut self, name: &str) -> Self {
        self.flags.insert(0, name.into());
        self
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets the data directory. The story itself passes the setting to the server.
    #[must_use]
    pub fn keeps_data_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// Sets the content of the config file, which is passed with `--config`.
    #[must_use]
    pub fn config(mut self, toml: &str) -> Self {
        self.config = Some(toml.to_owned());
        self
    }

    /// Turns the message rate off, for stories with many messages.
    #[must_use]
    pub fn talkative(self) -> Self {
        self.flag("--message-rate", "0")
    }

    /// Sets the presence grace to `ms` milliseconds, instead of several seconds.
    #[must_use]
    pub fn presence_grace_ms(self, ms: u32) -> Self {
        self.flag("--presence-grace-ms", ms.to_string())
    }

    /// Sets the limit of open files and sockets, which the process cannot raise.
    #[must_use]
    pub fn open_files_max(mut self, files: u32) -> Self {
        self.open_files_max = Some(files);
        self
    }
}
