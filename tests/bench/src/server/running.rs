//! A server's process, for as long as it is measured.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::Site;
use crate::failure::Failure;
use crate::machine::process::Tree;

/// How long a server may take until it listens.
const LISTEN_WAIT: Duration = Duration::from_secs(20);

/// How often that is looked at.
const LISTEN_LOOK: Duration = Duration::from_millis(20);

/// A server that runs. Dropping it kills it and removes its data.
#[derive(Debug)]
pub struct Running {
    /// Address that the server listens on.
    pub address: SocketAddr,
    child: Child,
    folder: Option<PathBuf>,
    /// Held, or what it prints later would end it.
    _output: Option<BufReader<ChildStdout>>,
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
        let mut child = spawn(&mut command, site).map_err(|error| failed(error.to_string()))?;
        let Some(output) = child.stdout.take() else { return Err(failed("it has no output".to_owned())) };
        let (mut output, mut line) = (BufReader::new(output), String::new());
        let read = output.read_line(&mut line);
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
        match (read, address) {
            (Ok(_), Some(address)) => Ok(Self { address, child, folder, _output: Some(output) }),
            (read, _) => {
                // It is to be gone in any case.
                let _ = child.kill();
                let _ = child.wait();
                Err(failed(read.map_or_else(|error| error.to_string(), |_| format!("it said {line:?}"))))
            }
        }
    }

    /// Starts a server that got its address as an argument.
    ///
    /// # Errors
    /// [`Failure::Start`].
    pub(super) fn start_at(
        name: &str,
        mut command: Command,
        address: SocketAddr,
        folder: Option<PathBuf>,
        site: &Site,
    ) -> Result<Self, Failure> {
        let failed = |reason: String| Failure::Start { name: name.to_owned(), reason };
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = spawn(&mut command, site).map_err(|error| failed(error.to_string()))?;
        // Dropped early, it kills what has been started.
        let mut running = Self { address, child, folder, _output: None };
        let until = Instant::now() + LISTEN_WAIT;
        while TcpStream::connect(address).is_err() {
            if let Ok(Some(status)) = running.child.try_wait() {
                return Err(failed(format!("it ended at once: {status}")));
            }
            if Instant::now() > until {
                return Err(failed(format!("it does not listen after {} s", LISTEN_WAIT.as_secs())));
            }
            std::thread::sleep(LISTEN_LOOK);
        }
        Ok(running)
    }

    /// Its processes.
    pub fn tree(&self) -> Tree {
        Tree::of(self.child.id())
    }
}

fn spawn(command: &mut Command, site: &Site) -> std::io::Result<Child> {
    match site.cores {
        Some(cores) => cores.on_the_servers(|| command.spawn()),
        None => command.spawn(),
    }
}

/// An address that nobody listens on now.
pub(super) fn free_port() -> Result<SocketAddr, Failure> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map_err(Failure::io("looking for a free port"))
}

impl Drop for Running {
    fn drop(&mut self) {
        // Workers outlive a master that is killed alone. All may have ended by themselves; then there is nothing to kill.
        self.tree().kill();
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
