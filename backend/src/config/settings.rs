//! All settings with their defaults, and the checks that their types cannot make.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde::Deserialize;
use shared::ids::{ChannelName, Namespace};
use shared::limits::{FRAME_BYTES_MAX, SUBSCRIPTIONS_MAX};
use thiserror::Error;

use super::declare::{Setting, optional, settings};
use super::error::{ConfigError, Source};
use super::list::List;
use super::listen::Listen;
use super::namespace::{Policy, default_namespaces};
use super::origin::{Origin, OwnHost};
use super::secret::Secret;
use super::value::{Value, ValueError, read_word, show_word};

settings! {
    /// TOML file with any of these settings, with `_` for `-`, and with tables `[namespaces.NAME]`
    #[flag("config", "FILE")]
    #[variable("TIDINGS_CONFIG")]
    config: Option<PathBuf> = None,

    /// Address and port to listen on: `ADDR:PORT`, `NAME:PORT` (its IPv4 address, if it has one), `PORT` (on 127.0.0.1) or
    /// `:PORT` (on all IPv4 addresses). With port 0 the system chooses a free one; the first line on standard output names it
    #[flag("listen", "ADDR:PORT")]
    #[variable("TIDINGS_LISTEN")]
    listen: Listen = Listen::default(),

    /// Directory of the log and the keys
    #[flag("data", "DIR")]
    #[variable("TIDINGS_DATA")]
    data: PathBuf = PathBuf::from("tidings-data"),

    /// Other origins whose pages may connect, such as `https://example.org`. Repeat the flag, or separate them by commas. The
    /// key in the file is `origins`
    #[flag("origin", "ORIGIN")]
    #[variable("TIDINGS_ORIGINS")]
    origins: List<Origin> = List::default(),

    /// Host names of this server, such as `chat.example`; needed if browsers reach it by a name. Repeat the flag, or separate
    /// them by commas. `*` allows all names. The key in the file is `hosts`
    #[flag("host", "NAME")]
    #[variable("TIDINGS_HOSTS")]
    hosts: List<OwnHost> = List::default(),

    /// Number of worker threads
    #[flag("workers", "N")]
    #[variable("TIDINGS_WORKERS")]
    #[described("one per core")]
    workers: usize = std::thread::available_parallelism().map_or(1, Into::into),

    /// Maximum messages per second from each connection, with a burst of twice as many; 0: no limit
    #[flag("message-rate", "N")]
    #[variable("TIDINGS_MESSAGE_RATE")]
    message_rate: u32 = 50,

    /// Maximum number of open connections; more are refused with 503
    #[flag("connections-max", "N")]
    #[variable("TIDINGS_CONNECTIONS_MAX")]
    connections_max: usize = 50_000,

    /// Maximum number of channels that one connection may follow
    #[flag("subscriptions-max", "N")]
    #[variable("TIDINGS_SUBSCRIPTIONS_MAX")]
    subscriptions_max: usize = SUBSCRIPTIONS_MAX,

    /// Maximum size of a WebSocket message, in bytes; a larger one closes the connection with 1009 as soon as its header is read
    #[flag("frame-bytes-max", "BYTES")]
    #[variable("TIDINGS_FRAME_BYTES_MAX")]
    frame_bytes_max: usize = FRAME_BYTES_MAX,

    /// Maximum time between two messages of the server on a connection, in ms. A peer that is silent for twice as long is
    /// closed
    #[flag("heartbeat-ms", "MS")]
    #[variable("TIDINGS_HEARTBEAT_MS")]
    heartbeat_ms: u64 = 25_000,

    /// Maximum time from the start of a connection to its `hello`, in ms
    #[flag("hello-ms", "MS")]
    #[variable("TIDINGS_HELLO_MS")]
    hello_ms: u64 = 10_000,

    /// Maximum idle time of an HTTP connection between two requests, in ms; 0: it closes after each response
    #[flag("keep-alive-ms", "MS")]
    #[variable("TIDINGS_KEEP_ALIVE_MS")]
    // More than the idle timeouts of proxies for their connections to a server: 60 s (nginx, ALB), 90 s (Go).
    keep_alive_ms: u64 = 120_000,

    /// Time for which a user still counts as present after the last connection has closed, in ms
    #[flag("presence-grace-ms", "MS")]
    #[variable("TIDINGS_PRESENCE_GRACE_MS")]
    presence_grace_ms: u64 = 5_000,

    /// Maximum time that a stopping server waits for connections to close, in ms
    #[flag("stop-ms", "MS")]
    #[variable("TIDINGS_STOP_MS")]
    stop_ms: u64 = 10_000,

    /// What an acknowledged message survives: `full`, also a loss of power; `normal`, a crash of the process
    #[flag("durability", "LEVEL")]
    #[variable("TIDINGS_DURABILITY")]
    durability: Durability = Durability::Full,

    /// Time between two trims of the log to what the namespaces keep, in ms; the minimum is 10
    #[flag("retention-ms", "MS")]
    #[variable("TIDINGS_RETENTION_MS")]
    retention_ms: u64 = 60_000,

    /// Who may read `/metrics`: `open`, everybody who reaches the port; `key`, requests with the API key
    #[flag("metrics", "WHO")]
    #[variable("TIDINGS_METRICS")]
    metrics: MetricsAccess = MetricsAccess::Open,

    /// Log lines to write: a level, or a list such as `info,tidings::message=off`, which omits the line of each message
    #[flag("log", "FILTER")]
    #[variable("TIDINGS_LOG")]
    log: String = "info,actix_server=warn,actix_http=off".to_owned(),

    /// Key of the HTTP API. There is no flag, because other users of the machine can see flags
    #[variable("TIDINGS_API_KEY")]
    #[described("the file `api-key`")]
    api_key: Option<Secret> = None,

    /// Secret that signs tokens. There is no flag, because other users of the machine can see flags
    #[variable("TIDINGS_TOKEN_SECRET")]
    #[described("the file `token-secret`")]
    token_secret: Option<Secret> = None,
}

/// What an acknowledged message survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// A crash of the process and a loss of power: each commit waits for the disk.
    Full,
    /// A crash of the process. The operating system writes to the disk later; a loss of power may lose the last seconds, and
    /// readers that saw them are told of a gap.
    Normal,
}

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum MetricsAccess {
    /// Everybody who reaches the port.
    Open,
    /// Requests with the API key.
    Key,
}

impl Value for Durability {
    fn read(text: &OsStr) -> Result<Self, ValueError> {
        read_word(text)
    }

    fn show(&self) -> String {
        show_word(self)
    }
}

impl Value for MetricsAccess {
    fn read(text: &OsStr) -> Result<Self, ValueError> {
        read_word(text)
    }

    fn show(&self) -> String {
        show_word(self)
    }
}

/// A key of the file that has another value in a flag or a variable. As a text it is a sentence for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{by} stands over “{key}” in the config file")]
pub struct Overridden {
    /// The key.
    pub key: &'static str,
    /// The source whose value is used.
    pub by: Source,
}

impl Settings {
    /// Returns the policy of a channel, or `None` if its namespace is not configured.
    pub fn policy(&self, channel: &ChannelName) -> Option<&Policy> {
        self.namespaces.get(channel.namespace())
    }

    /// Maximum time between two messages of the server on a connection.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms)
    }

    /// Maximum time from the start of a connection to its `hello`.
    pub fn hello(&self) -> Duration {
        Duration::from_millis(self.hello_ms)
    }

    /// Maximum idle time of an HTTP connection between two requests. Zero closes it after each response.
    pub(crate) fn keep_alive(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms)
    }

    /// Time for which a user still counts as present after the last connection has closed.
    pub(crate) fn presence_grace(&self) -> Duration {
        Duration::from_millis(self.presence_grace_ms)
    }

    /// Maximum time that a stopping server waits for connections to close.
    pub fn stop(&self) -> Duration {
        Duration::from_millis(self.stop_ms)
    }

    /// Time between two trims of the log.
    pub fn retention(&self) -> Duration {
        Duration::from_millis(self.retention_ms)
    }

    /// Checks the minimum of each number.
    ///
    /// # Errors
    /// [`ConfigError::TooSmall`].
    pub(super) fn check(self) -> Result<Self, ConfigError> {
        const HEARTBEAT_MS_MIN: u64 = 100;
        // A ping may have so many bytes (RFC 6455 section 5.5). A limit below the length of `hello` would refuse every client.
        const FRAME_BYTES_MIN: u64 = 125;
        // Each trim visits all channels whose messages expire.
        const RETENTION_MS_MIN: u64 = 10;
        let minimums = [
            ("heartbeat-ms", self.heartbeat_ms, HEARTBEAT_MS_MIN),
            ("retention-ms", self.retention_ms, RETENTION_MS_MIN),
            ("frame-bytes-max", self.frame_bytes_max as u64, FRAME_BYTES_MIN),
            ("workers", self.workers as u64, 1),
            ("connections-max", self.connections_max as u64, 1),
            ("subscriptions-max", self.subscriptions_max as u64, 1),
        ];
        match minimums.into_iter().find(|(_, value, min)| value < min) {
            Some((setting, value, min)) => Err(ConfigError::TooSmall { setting, value, min }),
            None => Ok(self),
        }
    }
}

/// Returns the table of the settings for README.md.
#[cfg(test)]
pub(super) fn markdown() -> String {
    let mut table = "| flag | variable | default | what it does |\n|---|---|---|---|\n".to_owned();
    for setting in SETTINGS {
        let flag = setting.flag.map(|flag| format!("`--{flag} {}` ", setting.unit)).unwrap_or_default();
        let default = Some(setting.default()).filter(|text| !text.is_empty()).map(|text| format!("{text} "));
        table += &format!(
            "| {flag}| `{}` | {}| {} |\n",
            setting.variable,
            default.unwrap_or_default(),
            setting.effect()
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_readme_is_the_generated_one() {
        let readme = include_str!("../../../README.md");
        let generated = markdown();
        let heading = generated.lines().next().unwrap();
        let lines =
            readme.lines().skip_while(|line| *line != heading).take_while(|line| line.starts_with('|'));
        let table: String = lines.map(|line| format!("{line}\n")).collect();
        assert!(table == generated, "replace the table in README.md by this one:\n\n{generated}");
    }

    #[test]
    fn the_name_of_a_variable_is_that_of_its_key() {
        for setting in SETTINGS {
            assert_eq!(setting.variable, format!("TIDINGS_{}", setting.key.to_uppercase()));
        }
    }

    #[test]
    fn an_idle_connection_is_kept_for_longer_than_proxies_keep_theirs() {
        // If a proxy keeps a connection open for longer, it may send a request while the server closes the connection,
        // and answer 502.
        let longest_of_proxies = Duration::from_secs(90);
        assert!(Settings::default().keep_alive() > longest_of_proxies);
    }
}
