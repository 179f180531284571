//! Sockets for which the kernel holds little.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;

/// The receive buffer that is asked for, in bytes. The kernel doubles it.
const RECEIVE_BYTES: usize = 4096;

/// The segment size, in bytes. On a loopback interface the kernel gives the sender a buffer of so many segments that,
/// with those of 64 KiB that are usual there, it holds megabytes.
const SEGMENT_BYTES: u32 = 1000;

/// Connects. It waits, as little as connecting on one machine takes.
pub(super) fn connect(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(RECEIVE_BYTES).expect("a size for the receive buffer");
    socket.set_tcp_mss(SEGMENT_BYTES).expect("a size for segments");
    socket.connect(&address.into()).expect("the server can be reached");
    socket.set_nonblocking(true).expect("a socket can be told not to wait");
    TcpStream::from_std(socket.into()).expect("the runtime takes the socket")
}
