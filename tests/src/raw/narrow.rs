//! Sockets with small kernel buffers.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;

/// Requested receive buffer, in bytes. The kernel doubles it.
const RECEIVE_BYTES: usize = 4096;

/// Segment size in bytes. On the loopback interface the kernel sizes the send buffer in segments, and with the usual 64
/// KiB per segment it holds megabytes.
const SEGMENT_BYTES: u32 = 1000;

/// Connects. It blocks, because connecting to this machine is quick.
pub(super) fn connect(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(RECEIVE_BYTES).expect("a size for the receive buffer");
    socket.set_tcp_mss(SEGMENT_BYTES).expect("a size for segments");
    socket.connect(&address.into()).expect("the server can be reached");
    socket.set_nonblocking(true).expect("a socket can be non-blocking");
    TcpStream::from_std(socket.into()).expect("the runtime accepts the socket")
}
