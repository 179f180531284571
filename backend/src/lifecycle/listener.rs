//! The address that the server listens on.

use std::io::Write as _;
use std::net::TcpListener;

use super::error::ServerError;
use crate::config::Settings;

/// Maximum number of connections that wait to be accepted.
const BACKLOG: u32 = 4096;

/// Binds the address. Clients cannot connect yet.
pub(crate) fn bind(settings: &Settings) -> Result<socket2::Socket, ServerError> {
    let address = settings.listen.address;
    let failed = |reason| ServerError::Listen { address, reason };
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None).map_err(failed)?;
    // Without this a restart would have to wait until the old connections leave TIME_WAIT.
    socket.set_reuse_address(true).map_err(failed)?;
    socket.bind(&address.into()).map_err(failed)?;
    Ok(socket)
}

/// Starts to accept connections.
pub(crate) fn listen(settings: &Settings, socket: socket2::Socket) -> Result<TcpListener, ServerError> {
    let failed = |reason| ServerError::Listen { address: settings.listen.address, reason };
    socket.listen(i32::try_from(BACKLOG).unwrap_or(i32::MAX)).map_err(failed)?;
    Ok(socket.into())
}

/// Prints the address as the first line on standard output. With port 0 there is no other way to know it.
#[allow(clippy::print_stdout, reason = "the promised first line")]
pub(crate) fn announce(address: std::net::SocketAddr) -> Result<(), ServerError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    out.flush()?;
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
    Ok(())
}
