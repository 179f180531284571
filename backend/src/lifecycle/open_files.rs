//! How many files and sockets the process may have open, and who is turned away before they run out.

use tokio::net::TcpStream;

/// Descriptors that the server needs beside those of its connections: the log and its readers, the socket that listens,
/// standard output, and a few in reserve.
const FILES_OF_SERVER: usize = 48;

/// Descriptors that a worker thread's runtime needs.
const FILES_OF_WORKER: usize = 8;

/// Sockets that are kept for requests when no more WebSocket is taken in, so that `/healthz` answers.
const SOCKETS_FOR_REQUESTS: usize = 16;

/// The limit of open files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenFiles {
    /// The number of sockets that may be open; no limit where the system tells none.
    sockets_max: Option<usize>,
    /// The number of files that may be open.
    files_max: Option<usize>,
}

impl OpenFiles {
    /// Raises the process's limit as far as the system allows.
    pub(crate) fn raise_limit(workers: usize) -> Self {
        let files_max = raise();
        let kept = FILES_OF_SERVER + FILES_OF_WORKER * workers;
        Self { sockets_max: files_max.map(|files| files.saturating_sub(kept)), files_max }
    }

    /// The number of WebSockets that may be open, where `wanted` are set. Says so if that is fewer.
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

    /// Whether a socket that was just accepted leaves enough descriptors for what the server needs. The system gives the
    /// lowest number that is free: as many are in use.
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

/// Tells a peer that there is no room, as far as its socket takes that at once.
pub(crate) fn turn_away(stream: &TcpStream) {
    const ANSWER: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
    tracing::debug!("a connection is turned away: the process may open no more files");
    // Who does not get it sees that the connection is closed.
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
            tracing::debug!(%error, "the limit of open files stays as it is");
            current
        }
    };
    tracing::info!(files, "files that may be open");
    files.map(|files| usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn raise() -> Option<usize> {
    None
}
