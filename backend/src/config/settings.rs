//! The settings of a running server, all of them checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::ids::{ChannelName, Namespace};
use shared::limits::{FRAME_BYTES_MAX, SUBSCRIPTIONS_MAX};

use crate::config::namespace::{Policy, default_namespaces};
use crate::config::{List, Listen, Origin, OwnHost, Secret};

/// What an acknowledged message survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// A crash of the process and a loss of power: each commit waits for the disk.
    Full,
    /// A crash of the process. The operating system writes to the disk when it likes; a loss of power may take the
    /// last seconds, and readers who saw them are told of a gap.
    Normal,
}

/// Who may read the counters of `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum MetricsAccess {
    /// Everybody who reaches the port.
    Open,
    /// Requests that show the API key.
    Key,
}

/// What can be set. Each field is described where a user sets it: in [`ServeArgs`](super::ServeArgs).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each is described by the flag of the same name, which `--help` prints")]
pub struct Settings {
    pub listen: Listen,
    pub data: PathBuf,
    pub origins: List<Origin>,
    pub hosts: List<OwnHost>,
    pub workers: usize,
    pub message_rate: u32,
    pub connections_max: usize,
    pub subscriptions_max: usize,
    pub frame_bytes_max: usize,
    pub heartbeat_ms: u64,
    pub hello_ms: u64,
    pub keep_alive_ms: u64,
    pub presence_grace_ms: u64,
    pub stop_ms: u64,
    pub durability: Durability,
    pub retention_ms: u64,
    pub metrics: MetricsAccess,
    pub log: String,
    #[serde(skip_serializing)]
    pub api_key: Option<Secret>,
    #[serde(skip_serializing)]
    pub token_secret: Option<Secret>,
    /// The namespaces by name. The file's tables `[namespaces.NAME]` add to the default ones, or replace them.
    pub namespaces: BTreeMap<Namespace, Policy>,
    /// Keys of the file that a flag or a variable has given another value, each with a sentence for the log.
    #[serde(skip)]
    pub overridden: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: Listen::default(),
            data: PathBuf::from("tidings-data"),
            origins: List::default(),
            hosts: List::default(),
            workers: std::thread::available_parallelism().map_or(1, Into::into),
            message_rate: 50,
            connections_max: 50_000,
            subscriptions_max: SUBSCRIPTIONS_MAX,
            frame_bytes_max: FRAME_BYTES_MAX,
            heartbeat_ms: 25_000,
            hello_ms: 10_000,
            // Above the idle timeouts that proxies have for their connections to a server: 60 s (nginx, ALB), 90 s (Go).
            keep_alive_ms: 120_000,
            presence_grace_ms: 5_000,
            stop_ms: 10_000,
            durability: Durability::Full,
            retention_ms: 60_000,
            metrics: MetricsAccess::Open,
            log: "info,actix_server=warn,actix_http=off".to_owned(),
            api_key: None,
            token_secret: None,
            namespaces: default_namespaces(),
            overridden: Vec::new(),
        }
    }
}

impl Settings {
    /// The policy of a channel, where its namespace is configured.
    pub fn policy(&self, channel: &ChannelName) -> Option<&Policy> {
        self.namespaces.get(channel.namespace())
    }

    /// How long the server says nothing on a connection at most.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms)
    }

    /// How long a client may take to say `hello`.
    pub fn hello(&self) -> Duration {
        Duration::from_millis(self.hello_ms)
    }

    /// How long an HTTP connection may be idle between two requests; zero closes it after each answer.
    pub fn keep_alive(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms)
    }

    /// How long somebody who went still counts as there.
    pub fn presence_grace(&self) -> Duration {
        Duration::from_millis(self.presence_grace_ms)
    }

    /// How long stopping waits for connections to close.
    pub fn stop(&self) -> Duration {
        Duration::from_millis(self.stop_ms)
    }

    /// How often the log is trimmed to what the namespaces keep.
    pub fn retention(&self) -> Duration {
        Duration::from_millis(self.retention_ms)
    }

    /// Checks what the types cannot.
    pub(super) fn check(self) -> Result<Self, String> {
        const HEARTBEAT_MS_MIN: u64 = 100;
        // A ping may have so many (RFC 6455 section 5.5). A limit below the length of `hello` would let nobody in.
        const FRAME_BYTES_MIN: usize = 125;
        // Each look goes through all channels whose messages end.
        const RETENTION_MS_MIN: u64 = 10;
        if self.heartbeat_ms < HEARTBEAT_MS_MIN {
            return Err(format!(
                "heartbeat-ms is {}; at least {HEARTBEAT_MS_MIN} are needed",
                self.heartbeat_ms
            ));
        }
        if self.retention_ms < RETENTION_MS_MIN {
            return Err(format!(
                "retention-ms is {}; at least {RETENTION_MS_MIN} are needed",
                self.retention_ms
            ));
        }
        if self.frame_bytes_max < FRAME_BYTES_MIN {
            return Err(format!(
                "frame-bytes-max is {}; at least {FRAME_BYTES_MIN} are needed",
                self.frame_bytes_max
            ));
        }
        let zeros = [
            ("workers", self.workers),
            ("connections-max", self.connections_max),
            ("subscriptions-max", self.subscriptions_max),
        ];
        match zeros.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(format!("{name} is 0; at least 1 is needed")),
            None => Ok(self),
        }
    }
}
