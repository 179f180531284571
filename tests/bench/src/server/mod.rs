//! The servers under test.

mod reference;
mod running;
mod tidings;

pub use running::Running;

use std::path::{Path, PathBuf};

use crate::dialect::{self, Dialect};
use crate::failure::Failure;
use crate::machine::cores::Cores;

/// Where servers are started.
#[derive(Debug, Clone)]
pub struct Site {
    /// The folder of the programs that cargo has built.
    pub programs: PathBuf,
    /// A folder for their data. It is on the disk that durable figures are about.
    pub scratch: PathBuf,
    /// The cores; nothing where there is only one.
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
    /// Ours, in a namespace without history.
    Tidings,
    /// Ours, in a namespace with history: each message is on disk before it is delivered.
    TidingsFull,
    /// The same, where the operating system chooses the moment of writing.
    TidingsNormal,
    /// epoll by hand: the least that a server can do.
    Reference,
}

impl Subject {
    /// All of them, ours first.
    pub const ALL: [Self; 4] = [Self::Tidings, Self::TidingsFull, Self::TidingsNormal, Self::Reference];

    /// What it is called on the command line and in the output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tidings => "tidings",
            Self::TidingsFull => "tidings-full",
            Self::TidingsNormal => "tidings-normal",
            Self::Reference => "reference",
        }
    }

    /// The one with that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.name() == name)
    }

    /// Whether it is this project's own server.
    pub fn is_ours(self) -> bool {
        match self {
            Self::Tidings | Self::TidingsFull | Self::TidingsNormal => true,
            Self::Reference => false,
        }
    }

    /// How it is spoken to.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Tidings => Dialect::Tidings(dialect::tidings::Tidings::new("live")),
            Self::TidingsFull | Self::TidingsNormal => {
                Dialect::Tidings(dialect::tidings::Tidings::new("log"))
            }
            Self::Reference => Dialect::Text,
        }
    }

    /// Starts it on a free port.
    ///
    /// # Errors
    /// [`Failure::Start`].
    pub fn start(self, site: &Site) -> Result<Running, Failure> {
        match self {
            Self::Tidings | Self::TidingsFull => tidings::start(self.name(), "full", site),
            Self::TidingsNormal => tidings::start(self.name(), "normal", site),
            Self::Reference => reference::start(self.name(), site),
        }
    }
}

/// An empty folder for one start of a server.
fn fresh_folder(scratch: &Path, name: &str) -> Result<PathBuf, Failure> {
    let folder = scratch.join(format!("{name}-{}", std::process::id()));
    // It may not be there; then there is nothing to remove.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(Failure::io("making a folder for a server's data"))?;
    Ok(folder)
}
