//! The servers under test.

pub mod peer;
mod reference;
mod running;
mod tidings;

pub use running::Running;

use std::path::{Path, PathBuf};

use self::peer::Peer;
use crate::dialect::tidings::Tidings;
use crate::dialect::{Dialect, Text};
use crate::failure::Failure;
use crate::machine::cores::Cores;

/// Paths and cores for starting servers.
#[derive(Debug, Clone)]
pub struct Site {
    /// The folder of the programs that cargo has built.
    pub programs: PathBuf,
    /// The folder that peers are installed into.
    pub peers: PathBuf,
    /// Folder for the servers' data, on the disk that the durable scenarios measure.
    pub scratch: PathBuf,
    /// The two cores, or `None` if the machine has only one.
    pub cores: Option<Cores>,
}

impl Site {
    fn program(&self, name: &str) -> PathBuf {
        self.programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

/// A server that can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Tidings, in a namespace without history.
    Tidings,
    /// The same with two workers.
    TidingsTwo,
    /// Tidings, in a namespace with history: each message is on disk before it is delivered.
    TidingsFull,
    /// The same with `durability = normal`: the operating system chooses when to write.
    TidingsNormal,
    /// Hand-written epoll: the minimal work of a server.
    Reference,
    /// The same with Nagle's algorithm on: shows the loss of a server that does not turn it off.
    ReferenceNagle,
    /// A server of another project.
    Peer(Peer),
}

impl Subject {
    /// All servers, Tidings first.
    pub const ALL: [Self; 15] = [
        Self::Tidings,
        Self::TidingsTwo,
        Self::TidingsFull,
        Self::TidingsNormal,
        Self::Reference,
        Self::ReferenceNagle,
        Self::Peer(Peer::UWebSockets),
        Self::Peer(Peer::Nchan),
        Self::Peer(Peer::Ws),
        Self::Peer(Peer::SocketIo),
        Self::Peer(Peer::Axum),
        Self::Peer(Peer::ActixWs),
        Self::Peer(Peer::Centrifuge),
        Self::Peer(Peer::Nats),
        Self::Peer(Peer::Swoole),
    ];

    /// Returns its name on the command line and in the output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tidings => "tidings",
            Self::TidingsTwo => "tidings-2",
            Self::TidingsFull => "tidings-full",
            Self::TidingsNormal => "tidings-normal",
            Self::Reference => "reference",
            Self::ReferenceNagle => "reference-nagle",
            Self::Peer(peer) => peer.name(),
        }
    }

    /// Returns the server with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.name() == name)
    }

    /// Returns whether it is this project's own server.
    pub fn is_ours(self) -> bool {
        match self {
            Self::Tidings | Self::TidingsTwo | Self::TidingsFull | Self::TidingsNormal => true,
            Self::Reference | Self::ReferenceNagle | Self::Peer(_) => false,
        }
    }

    /// Returns the dialect of its protocol.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Tidings | Self::TidingsTwo => Dialect::Tidings(Tidings::new("live")),
            Self::TidingsFull | Self::TidingsNormal => Dialect::Tidings(Tidings::new("log")),
            Self::Reference | Self::ReferenceNagle => Dialect::Text(Text::Live),
            Self::Peer(peer) => peer.dialect(),
        }
    }

    /// Returns the dialect for rooms with a history, or `None` if the server has none.
    pub fn with_history(self) -> Option<Dialect> {
        match self {
            Self::Tidings | Self::TidingsTwo | Self::Reference | Self::ReferenceNagle => None,
            Self::TidingsFull | Self::TidingsNormal => Some(self.dialect()),
            Self::Peer(peer) => peer.with_history(),
        }
    }

    /// Installs missing programs and returns the version.
    ///
    /// # Errors
    /// [`Failure::Start`] with the reason, if it cannot be measured here.
    pub fn install(self, site: &Site) -> Result<String, Failure> {
        match self {
            Self::Tidings | Self::TidingsTwo | Self::TidingsFull | Self::TidingsNormal => {
                Ok(tidings::version())
            }
            Self::Reference | Self::ReferenceNagle => Ok(env!("CARGO_PKG_VERSION").to_owned()),
            Self::Peer(peer) => peer.install(site),
        }
    }

    /// Starts it on a free port.
    ///
    /// # Errors
    /// [`Failure::Start`].
    pub fn start(self, site: &Site) -> Result<Running, Failure> {
        match self {
            Self::Tidings | Self::TidingsFull => tidings::start(self.name(), 1, "full", site),
            Self::TidingsTwo => tidings::start(self.name(), 2, "full", site),
            Self::TidingsNormal => tidings::start(self.name(), 1, "normal", site),
            Self::Reference => reference::start(self.name(), &[], site),
            Self::ReferenceNagle => reference::start(self.name(), &["--nagle"], site),
            Self::Peer(peer) => peer.start(site),
        }
    }
}

/// Creates an empty folder for one start of a server.
fn fresh_folder(scratch: &Path, name: &str) -> Result<PathBuf, Failure> {
    let folder = scratch.join(format!("{name}-{}", std::process::id()));
    // If it does not exist, there is nothing to remove.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(Failure::io("making a folder for a server's data"))?;
    Ok(folder)
}
