//! The peers: servers of other projects. Each is installed from its registry into cargo's target folder.

mod centrifuge;
mod debian;
mod nats;
mod nchan;
mod node;
mod rust;
mod swoole;
mod uwebsockets;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Running, Site};
use crate::dialect::{Centrifuge, Dialect, Nats, Text};
use crate::failure::Failure;

/// A server of another project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// uWebSockets.
    UWebSockets,
    /// nchan.
    Nchan,
    /// ws.
    Ws,
    /// Socket.IO.
    SocketIo,
    /// The chat of axum's examples.
    Axum,
    /// The chat of actix-ws's tutorials.
    ActixWs,
    /// Centrifuge, the library.
    Centrifuge,
    /// nats-server.
    Nats,
    /// Swoole.
    Swoole,
}

impl Peer {
    /// Returns its name on the command line and in the output.
    pub fn name(self) -> &'static str {
        match self {
            Self::UWebSockets => "uwebsockets",
            Self::Nchan => "nchan",
            Self::Ws => "ws",
            Self::SocketIo => "socketio",
            Self::Axum => "axum",
            Self::ActixWs => "actix-ws",
            Self::Centrifuge => "centrifuge",
            Self::Nats => "nats",
            Self::Swoole => "swoole",
        }
    }

    /// Returns the dialect of its protocol.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::SocketIo => Dialect::SocketIo,
            Self::Nats => Dialect::Nats(Nats::default()),
            Self::Centrifuge => Dialect::Centrifuge(Centrifuge::default()),
            Self::UWebSockets | Self::Nchan | Self::Ws | Self::Axum | Self::ActixWs | Self::Swoole => {
                Dialect::Text(Text::Live)
            }
        }
    }

    /// Returns the dialect for rooms with a history, or `None` if the peer has none. Socket.IO keeps a history per
    /// client: only a client whose connection broke receives missed messages, so a thousand clients would have to
    /// connect first.
    pub fn with_history(self) -> Option<Dialect> {
        match self {
            Self::Nats => Some(Dialect::Nats(Nats::with_history())),
            Self::Centrifuge => Some(Dialect::Centrifuge(Centrifuge { history: true, since: None })),
            Self::Nchan => Some(Dialect::Text(Text::Log)),
            Self::UWebSockets | Self::Ws | Self::SocketIo | Self::Axum | Self::ActixWs | Self::Swoole => None,
        }
    }

    /// Installs it if it is missing. Returns its version.
    ///
    /// # Errors
    /// [`Failure::Start`] with the reason, if it cannot be installed here.
    pub fn install(self, site: &Site) -> Result<String, Failure> {
        let shop = Shop::new(self, site)?;
        match self {
            Self::UWebSockets => uwebsockets::install(&shop),
            Self::Ws => node::install(&shop, "ws"),
            Self::SocketIo => node::install(&shop, "socket.io"),
            Self::Nchan => nchan::install(&shop),
            Self::Axum => rust::install(&shop, "axum"),
            Self::ActixWs => rust::install(&shop, "actix-ws"),
            Self::Centrifuge => centrifuge::install(&shop),
            Self::Nats => nats::install(&shop),
            Self::Swoole => swoole::install(&shop),
        }
    }

    /// Starts it on a free port.
    ///
    /// # Errors
    /// [`Failure::Start`].
    pub fn start(self, site: &Site) -> Result<Running, Failure> {
        let shop = Shop::new(self, site)?;
        match self {
            Self::UWebSockets => uwebsockets::start(&shop, site),
            Self::Ws | Self::SocketIo => node::start(&shop, site),
            Self::Nchan => nchan::start(&shop, site),
            Self::Axum | Self::ActixWs => rust::start(&shop, site),
            Self::Centrifuge => centrifuge::start(&shop, site),
            Self::Nats => nats::start(&shop, site),
            Self::Swoole => swoole::start(&shop, site),
        }
    }
}

/// The folders of a peer.
struct Shop {
    name: &'static str,
    /// Its files in this repository.
    source: PathBuf,
    /// Its folder in cargo's target folder.
    folder: PathBuf,
}

impl Shop {
    fn new(peer: Peer, site: &Site) -> Result<Self, Failure> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let (source, folder) = match peer {
            Peer::Axum | Peer::ActixWs => (sources.join("rust"), site.peers.join("rust")),
            _ => (sources.join(peer.name()), site.peers.join(peer.name())),
        };
        std::fs::create_dir_all(&folder).map_err(Failure::io("making a folder for a peer"))?;
        Ok(Self { name: peer.name(), source, folder })
    }

    fn failed(&self, reason: impl Into<String>) -> Failure {
        Failure::Start { name: self.name.to_owned(), reason: reason.into() }
    }

    /// Copies a file of the peer into its folder.
    fn copy(&self, file: &str) -> Result<(), Failure> {
        let copied = std::fs::copy(self.source.join(file), self.folder.join(file));
        copied.map(|_| ()).map_err(|error| self.failed(format!("{file} cannot be copied: {error}")))
    }

    /// Runs an installer. A failure has the last line of its error output.
    fn run(&self, command: &mut Command) -> Result<String, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| self.failed(format!("there is no {program}: {error}")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why");
        Err(self.failed(format!("{program} failed: {last}")))
    }

    /// Writes a settings file from a template. Names in capitals are placeholders for values known at the start.
    fn fill(&self, file: &str, values: &[(&str, &str)]) -> Result<PathBuf, Failure> {
        let read = std::fs::read_to_string(self.source.join(file));
        let mut text = read.map_err(Failure::io("reading a peer's settings"))?;
        for (name, value) in values {
            text = text.replace(name, value);
        }
        let path = self.folder.join(file);
        std::fs::write(&path, text).map_err(Failure::io("writing a peer's settings"))?;
        Ok(path)
    }
}
