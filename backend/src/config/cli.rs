//! The command line, and how it is merged with variables and file.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde::Serialize;
use thiserror::Error;

use super::{Durability, Secret, Settings};

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
    /// What to do, wherever the flags of `serve` stand.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(Box::new(self.serve)))
    }
}

/// Settings that were not given are absent, so that the next source is asked.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct ServeArgs {
    /// A TOML file with any of these settings (with _ for -) and tables [namespaces.NAME]
    #[arg(long, value_name = "FILE", env = "TIDINGS_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The address and port to listen on; port 0 takes a free one [default: 127.0.0.1:9501]
    #[arg(long, value_name = "ADDR:PORT", env = "TIDINGS_LISTEN")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// The directory of the log and the keys [default: tidings-data]
    #[arg(long, value_name = "DIR", env = "TIDINGS_DATA")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// One more origin whose pages may connect, such as https://example.org; can be repeated, or parted by commas
    #[arg(long = "origin", value_name = "ORIGIN", env = "TIDINGS_ORIGINS", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origins: Option<Vec<String>>,
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
    /// Which log lines to write: a level, or a list such as info,tidings::message=off [default: info,actix_server=warn]
    #[arg(long, value_name = "FILTER", env = "TIDINGS_LOG")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The key of the HTTP API, instead of the one in DIR/api-key. A variable, not a flag: others can see flags
    #[arg(skip = std::env::var("TIDINGS_API_KEY").ok().map(Secret::from))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// The secret that signs tokens, instead of the one in DIR/token-secret
    #[arg(skip = std::env::var("TIDINGS_TOKEN_SECRET").ok().map(Secret::from))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_secret: Option<Secret>,
}

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
    /// A setting has the wrong form.
    #[error("a setting cannot be used: {0}")]
    Invalid(String),
}

impl ServeArgs {
    /// Merges flags and variables (which the command line has read), file and defaults.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn settings(self) -> Result<Settings, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Settings::default()));
        if let Some(path) = &self.config {
            // figment takes a file that is not there for an empty one.
            let opened = std::fs::File::open(path);
            opened.map_err(|reason| ConfigError::Unreadable { path: path.clone(), reason })?;
            figment = figment.merge(Toml::file_exact(path));
        }
        let settings = figment.merge(Serialized::defaults(self)).extract::<Settings>();
        let settings = settings.map_err(|error| ConfigError::Invalid(error.to_string()))?;
        settings.check().map_err(ConfigError::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn settings(arguments: &[&str]) -> Result<Settings, ConfigError> {
        let program = std::iter::once(&"tidings").chain(arguments);
        match Cli::try_parse_from(program).unwrap().into_command() {
            Command::Serve(args) => args.settings(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn serve_is_the_default_command() {
        assert_eq!(
            settings(&["--message-rate", "7"]).unwrap(),
            settings(&["serve", "--message-rate", "7"]).unwrap()
        );
    }

    #[test]
    fn a_flag_stands_over_the_file_and_the_file_over_the_default() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("tidings.toml");
        let text = "message_rate = 3\nheartbeat_ms = 700\n[namespaces.news]\npublish = \"key\"\n";
        std::fs::write(&file, text).unwrap();
        let settings = settings(&["--config", file.to_str().unwrap(), "--message-rate", "7"]).unwrap();
        assert_eq!((settings.message_rate, settings.heartbeat_ms, settings.hello_ms), (7, 700, 10_000));
        let names: Vec<&str> = settings.namespaces.keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["dm", "inbox", "live", "news", "room"], "the file adds to the default namespaces");
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("tidings.toml");
        for (text, word) in
            [("colour = 1", "colour"), ("message_rate = \"x\"", "message_rate"), ("x", "tidings.toml")]
        {
            std::fs::write(&file, text).unwrap();
            let error = settings(&["--config", file.to_str().unwrap()]).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        let missing = settings(&["--config", "/nowhere/tidings.toml"]).unwrap_err().to_string();
        assert!(missing.contains("/nowhere/tidings.toml"), "{missing}");
        assert!(settings(&["--origin", "example.org"]).unwrap_err().to_string().contains("example.org"));
        assert!(settings(&["--workers", "0"]).unwrap_err().to_string().contains("workers"));
        assert!(settings(&["--retention-ms", "9"]).unwrap_err().to_string().contains("retention-ms is 9"));
        assert_eq!(settings(&["--retention-ms", "10"]).unwrap().retention_ms, 10);
    }

    #[test]
    fn what_is_printed_of_the_settings_has_no_secret() {
        let secret = || Some(Secret::from("0123456789abcdef".to_owned()));
        let args = ServeArgs { api_key: secret(), token_secret: secret(), ..ServeArgs::default() };
        let printed = format!("{args:?} {:#?}", args.clone().settings().unwrap());
        assert!(!printed.contains("0123456789abcdef"), "{printed}");
        assert_eq!(args.settings().unwrap().api_key, secret(), "it is there");
    }

    #[test]
    fn the_readme_lists_every_setting() {
        let readme = include_str!("../../../README.md");
        let command = Cli::command();
        for argument in command.get_arguments().filter(|argument| argument.get_long() != Some("help")) {
            let Some(flag) = argument.get_long().filter(|flag| *flag != "version") else { continue };
            assert!(readme.contains(&format!("`--{flag}")), "README.md does not mention --{flag}");
            let variable = argument.get_env().unwrap().to_str().unwrap();
            assert!(readme.contains(variable), "README.md does not mention {variable}");
            let help = argument.get_help().unwrap().to_string();
            if let Some((_, default)) = help.split_once("[default: ") {
                let default = default.trim_end_matches(']');
                let row = readme.lines().find(|line| line.contains(variable)).unwrap();
                assert!(row.contains(default), "README.md has another default for --{flag} than {default}");
            }
        }
    }
}
