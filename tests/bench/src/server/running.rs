//! The process of a server under test.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::Site;
use crate::failure::Failure;
use crate::machine::process::Tree;

/// Maximum time until a server listens.
const LISTEN_WAIT: Duration = Duration::from_secs(20);

/// Interval of checking whether it listens.
const LISTEN_LOOK: Duration = Duration::from_millis(20);

/// A running server. Drop kills it and removes its data.
#[derive(Debug)]
pub struct Running {
    /// Address that the server listens on.
    pub address: SocketAddr,
    child: Child,
    folder: Option<PathBuf>,
    /// Kept open: with a closed pipe, later output would end the server.
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
                // Kill it in any case.
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
        // If this function returns early, drop kills the process.
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

    /// Returns its processes.
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

/// Returns a local address with a free port.
pub(super) fn free_port() -> Result<SocketAddr, Failure> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map_err(Failure::io("looking for a free port"))
}

impl Drop for Running {
    fn drop(&mut self) {
        // Workers survive if only the master is killed, so kill all. If all have already ended, this has no effect.
        self.tree().kill();
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
