//! The limit of open files, and the refusal of connections before it is reached.

use tokio::net::TcpStream;

/// Number of descriptors that the server needs in addition to those of its connections: the log and its readers, the listening
/// socket, standard output, and a reserve.
const FILES_OF_SERVER: usize = 48;

/// Number of descriptors that a worker thread's runtime needs.
const FILES_OF_WORKER: usize = 8;

/// Number of sockets that are reserved for requests when no more WebSockets are accepted, so that `/healthz` answers.
const SOCKETS_FOR_REQUESTS: usize = 16;

/// The limit of open files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenFiles {
    /// Maximum number of open sockets; `None` if the system reports no limit.
    sockets_max: Option<usize>,
    /// Maximum number of open files; `None` if the system reports no limit.
    files_max: Option<usize>,
}

impl OpenFiles {
    /// Raises the limit of the process as far as the system allows.
    pub(crate) fn raise_limit(workers: usize) -> Self {
        let files_max = raise();
        let kept = FILES_OF_SERVER + FILES_OF_WORKER * workers;
        Self { sockets_max: files_max.map(|files| files.saturating_sub(kept)), files_max }
    }

    /// Returns the maximum number of open WebSockets: at most `wanted`, the setting. Logs a warning if it is lower.
    pub(crate) fn connections_max(self, wanted: usize) -> usize {
        let (Some(sockets), Some(files)) = (self.sockets_max, self.files_max) else { return wanted };
        let connections = sockets.saturating_sub(SOCKETS_FOR_REQUESTS).max(1);
        if connections < wanted {
            tracing::warn!(
                connections,
                wanted,
                files,
                "the process may not open as many files as connections-max needs; raise its limit (ulimit -n, LimitNOFILE=)"
            );
        }
        connections.min(wanted)
    }

    /// Returns whether enough descriptors are left after this socket was accepted. The system assigns the lowest free number, so
    /// the number is about the count of open files.
    pub(crate) fn has_room_for(self, stream: &TcpStream) -> bool {
        #[cfg(unix)]
        {
            use std::os::fd::AsRawFd as _;
            let number = usize::try_from(stream.as_raw_fd()).unwrap_or(usize::MAX);
            self.files_max.is_none_or(|files| number < files.saturating_sub(SOCKETS_FOR_REQUESTS))
        }
        #[cfg(not(unix))]
        {
            let _ = stream;
            true
        }
    }
}

/// Refuses a peer with 503, without waiting for its socket.
pub(crate) fn turn_away(stream: &TcpStream) {
    const ANSWER: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
    // A peer that does not receive it sees that the connection is closed.
    let _ = stream.try_write(ANSWER);
}

#[cfg(unix)]
fn raise() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let files = match raised {
        Ok(()) => maximum,
        Err(error) => {
            tracing::debug!(%error, "the limit of open files cannot be raised");
            current
        }
    };
    tracing::info!(files, "maximum number of open files");
    files.map(|files| usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn raise() -> Option<usize> {
    None
}
