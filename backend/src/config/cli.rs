//! The command line, and how it is merged with variables and file.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use figment::providers::Serialized;
use figment::value::{Dict, Value};
use figment::{Figment, Profile};
use serde::Serialize;
use thiserror::Error;

use crate::config::environment;
use crate::config::environment::Read;
use crate::config::{Durability, List, Listen, MetricsAccess, Origin, OwnHost, Secret, Settings, file};

/// Real-time message push that loses nothing.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; `serve` where nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `serve`.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server.
    Serve(Box<ServeArgs>),
    /// Copy the log to a file, also while the server runs.
    Backup(BackupArgs),
}

/// What to copy, and where to.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; there must be none yet.
    pub file: PathBuf,
    /// The directory of the log
    #[arg(long, value_name = "DIR", env = "TIDINGS_DATA", default_value = "tidings-data")]
    pub data: PathBuf,
}

impl Cli {
    /// Reads the command line and the variables of this process. If the command line cannot be read, or asks for help,
    /// it says so and ends the process.
    ///
    /// # Errors
    /// [`ConfigError::Variable`].
    pub fn read() -> Result<Command, ConfigError> {
        let matches = environment::without_variables(Self::command()).get_matches();
        Self::from_matches(&matches, &|name: &str| std::env::var_os(name))
            .unwrap_or_else(|error| error.exit())
    }

    fn from_matches(
        matches: &ArgMatches,
        variables: Read,
    ) -> Result<Result<Command, ConfigError>, clap::Error> {
        let cli = Self::from_arg_matches(matches)?;
        let command = match cli.command.unwrap_or_else(|| Command::Serve(Box::new(cli.serve))) {
            Command::Serve(flags) => environment::settings(variables).map(|given| {
                let variables = Some(Box::new(given));
                Command::Serve(Box::new(ServeArgs { variables, ..*flags }))
            }),
            Command::Backup(mut backup) => {
                let flags = matches.subcommand_matches("backup");
                let said =
                    flags.and_then(|flags| flags.value_source("data")) == Some(ValueSource::CommandLine);
                environment::given("TIDINGS_DATA", variables).map(|given| {
                    if let Some(data) = given.filter(|_| !said) {
                        backup.data = data.into();
                    }
                    Command::Backup(backup)
                })
            }
        };
        Ok(command)
    }
}

/// Settings that were not given are absent, so that the next source is asked.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct ServeArgs {
    /// A TOML file with any of these settings (with _ for -) and tables [namespaces.NAME]
    #[arg(long, value_name = "FILE", env = "TIDINGS_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The address and port to listen on: ADDR:PORT, NAME:PORT, PORT (on 127.0.0.1) or :PORT (on all IPv4 addresses); port 0 takes a free one [default: 127.0.0.1:9501]
    #[arg(long, value_name = "ADDR:PORT", env = "TIDINGS_LISTEN")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<Listen>,
    /// The directory of the log and the keys [default: tidings-data]
    #[arg(long, value_name = "DIR", env = "TIDINGS_DATA")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    #[allow(rustdoc::bare_urls, reason = "`--help` shows this text as it is")]
    /// One more origin whose pages may connect, such as https://example.org; can be repeated, or parted by commas
    #[arg(long = "origin", value_name = "ORIGIN", env = "TIDINGS_ORIGINS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origins: Option<Vec<List<Origin>>>,
    /// One more host name that is this server's own, such as chat.example; can be repeated, or parted by commas. * allows all
    #[arg(long = "host", value_name = "NAME", env = "TIDINGS_HOSTS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<List<OwnHost>>>,
    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N", env = "TIDINGS_WORKERS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<usize>,
    /// Messages a second from each connection, with a burst of twice as many; 0: no limit [default: 50]
    #[arg(long, value_name = "N", env = "TIDINGS_MESSAGE_RATE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_rate: Option<u32>,
    /// Open connections; one more is refused with 503 [default: 50000]
    #[arg(long, value_name = "N", env = "TIDINGS_CONNECTIONS_MAX")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_max: Option<usize>,
    /// Channels that one connection may follow [default: 256]
    #[arg(long, value_name = "N", env = "TIDINGS_SUBSCRIPTIONS_MAX")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscriptions_max: Option<usize>,
    /// Largest WebSocket message, in bytes; a larger one closes the connection with 1009 [default: 69632]
    #[arg(long, value_name = "BYTES", env = "TIDINGS_FRAME_BYTES_MAX")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_bytes_max: Option<usize>,
    /// The server says something on each connection at least this often, in ms; a peer that is silent for twice as long is gone [default: 25000]
    #[arg(long, value_name = "MS", env = "TIDINGS_HEARTBEAT_MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat_ms: Option<u64>,
    /// How long a new connection may take to say hello, in ms [default: 10000]
    #[arg(long, value_name = "MS", env = "TIDINGS_HELLO_MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hello_ms: Option<u64>,
    /// How long an HTTP connection may be idle between two requests, in ms; 0: it ends after each answer [default: 120000]
    #[arg(long, value_name = "MS", env = "TIDINGS_KEEP_ALIVE_MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive_ms: Option<u64>,
    /// How long somebody whose last connection is gone still counts as present, in ms [default: 5000]
    #[arg(long, value_name = "MS", env = "TIDINGS_PRESENCE_GRACE_MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_grace_ms: Option<u64>,
    /// How long stopping waits for connections to close, in ms [default: 10000]
    #[arg(long, value_name = "MS", env = "TIDINGS_STOP_MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_ms: Option<u64>,
    /// What an acknowledged message survives: full, also a loss of power; normal, a crash of the process [default: full]
    #[arg(long, value_name = "LEVEL", env = "TIDINGS_DURABILITY")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub durability: Option<Durability>,
    /// How often the log is trimmed to what the namespaces keep, in ms; at least 10 [default: 60000]
    #[arg(long, value_name = "MS", env = "TIDINGS_RETENTION_MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_ms: Option<u64>,
    /// Who may read /metrics: open, everybody; key, requests with the API key [default: open]
    #[arg(long, value_name = "WHO", env = "TIDINGS_METRICS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<MetricsAccess>,
    /// Which log lines to write: a level, or a list such as info,tidings::message=off [default: info,actix_server=warn,actix_http=off]
    #[arg(long, value_name = "FILTER", env = "TIDINGS_LOG")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The key of the HTTP API, instead of the one in DIR/api-key. A variable, not a flag: others can see flags
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// The secret that signs tokens, instead of the one in DIR/token-secret
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_secret: Option<Secret>,
    /// What the variables say.
    #[arg(skip)]
    #[serde(skip)]
    pub variables: Option<Box<ServeArgs>>,
}

/// Settings whose values are shown to nobody.
const SECRETS: [&str; 2] = ["api_key", "token_secret"];

/// Why the settings cannot be used. The text is for the operator.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file is not there.
    #[error("the config file {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's word.
        reason: std::io::Error,
    },
    /// The file has something that cannot be used.
    #[error("the config file {} cannot be used: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it is.
        reason: String,
    },
    /// A variable has the wrong form.
    #[error("the variable {name} cannot be used: {reason}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong, and which form is expected.
        reason: String,
    },
    /// A setting has the wrong form.
    #[error("a setting cannot be used: {0}")]
    Invalid(String),
}

impl ServeArgs {
    /// Merges flags over variables over the file over the defaults.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn settings(mut self) -> Result<Settings, ConfigError> {
        let variables = self.variables.take().map(|variables| *variables).unwrap_or_default();
        let path = self.config.clone().or_else(|| variables.config.clone());
        let file = path.as_deref().map(file::read).transpose()?.unwrap_or_default();
        let (variables, flags) = (variables.given()?, self.given()?);
        let mut overridden = file::overridden(&file, &variables, "a TIDINGS_* variable");
        overridden.extend(file::overridden(&file, &flags, "a flag"));

        let defaults = Figment::from(Serialized::defaults(Settings::default()));
        let settings = [file, variables, flags]
            .into_iter()
            .fold(defaults, |settings, more| settings.merge(Serialized::from(more, Profile::Default)));
        // Flags and variables have been read by their types already: only the file can hold something else.
        let settings = settings.extract::<Settings>().map_err(|error| {
            let reason = if error.path.is_empty() {
                error.kind.to_string()
            } else if error.path.iter().any(|key| SECRETS.contains(&key.as_str())) {
                // Other words would show the value.
                format!("“{}” has to be a text in quotation marks", error.path.join("."))
            } else {
                format!("“{}”: {}", error.path.join("."), error.kind)
            };
            match path {
                Some(path) => ConfigError::File { path, reason },
                None => ConfigError::Invalid(reason),
            }
        })?;
        let settings = Settings { overridden, ..settings };
        settings.check().map_err(ConfigError::Invalid)
    }

    /// The settings that are given, by the names that the file has for them.
    fn given(&self) -> Result<Dict, ConfigError> {
        let given = Value::serialize(self).map_err(|error| ConfigError::Invalid(error.to_string()))?;
        Ok(given.into_dict().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
