//! A server's process, for as long as it is measured.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::Site;
use crate::failure::Failure;
use crate::machine::process::Tree;

/// A server that runs. Dropping it kills it and removes its data.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    folder: Option<PathBuf>,
    /// Held, or what it prints later would end it.
    _output: BufReader<ChildStdout>,
}

impl Running {
    /// Starts a server whose first line on standard output ends in the address that it listens on.
    ///
    /// # Errors
    /// [`Failure::Start`].
    pub(super) fn start(
        name: &str,
        mut command: Command,
        folder: Option<PathBuf>,
        site: &Site,
    ) -> Result<Self, Failure> {
        let failed = |reason: String| Failure::Start { name: name.to_owned(), reason };
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let spawned = match site.cores {
            Some(cores) => cores.on_the_servers(|| command.spawn()),
            None => command.spawn(),
        };
        let mut child = spawned.map_err(|error| failed(error.to_string()))?;
        let Some(output) = child.stdout.take() else { return Err(failed("it has no output".to_owned())) };
        let (mut output, mut line) = (BufReader::new(output), String::new());
        let read = output.read_line(&mut line);
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
        match (read, address) {
            (Ok(_), Some(address)) => Ok(Self { address, child, folder, _output: output }),
            (read, _) => {
                // It is to be gone in any case.
                let _ = child.kill();
                let _ = child.wait();
                Err(failed(read.map_or_else(|error| error.to_string(), |_| format!("it said {line:?}"))))
            }
        }
    }

    /// Its processes.
    pub fn tree(&self) -> Tree {
        Tree::of(self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
