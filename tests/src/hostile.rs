//! Hostile guests: many connections that send expensive input, or do not read.
//!
//! They run on a separate thread, so that they do not delay the clients of the story.

mod arms;

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

pub use arms::Kind;
use arms::{Arms, Reads};

/// Size of a guest's read buffer, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// Wait before a guest tries again to connect.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// Longest wait of a guest before it checks whether it has to stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Hostile guests, which run until [`end`](Self::end).
#[derive(Debug)]
pub struct HostileGuests {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Tally>>,
}

/// Counts of the guests' actions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Number of connections that they opened.
    pub connections: u64,
    /// Number of bytes that the server's sockets accepted from them.
    pub bytes: u64,
}

impl HostileGuests {
    /// Starts `guests` guests of one kind.
    pub fn begin(address: SocketAddr, kind: Kind, guests: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let tally = Rc::new(Cell::new(Tally::default()));
            let all = LocalSet::new();
            for number in 0..guests {
                let arms = Arms::of(kind, number);
                let guest = Guest { address, arms, stop: Arc::clone(&stopped), tally: Rc::clone(&tally) };
                all.spawn_local(guest.run());
            }
            runtime.block_on(all);
            tally.get()
        });
        Self { stop, thread: Some(thread) }
    }

    /// Stops the guests and closes their connections. Does not block the thread of the honest clients, whose messages
    /// would then seem to be late.
    pub async fn end(mut self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        let thread = self.thread.take().expect("the guests are ended once");
        let joined = tokio::task::spawn_blocking(|| thread.join()).await.expect("joining does not panic");
        joined.expect("the guests do not panic")
    }
}

impl Drop for HostileGuests {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

struct Guest {
    address: SocketAddr,
    arms: Arms,
    stop: Arc<AtomicBool>,
    tally: Rc<Cell<Tally>>,
}

impl Guest {
    async fn run(mut self) {
        while !self.is_to_stop() {
            match self.connect().await {
                // The guest reconnects at once after any close code.
                Ok(stream) => {
                    let _ = self.fight(&stream).await;
                }
                Err(_) => tokio::time::sleep(TRY_AGAIN).await,
            }
            tokio::task::yield_now().await;
        }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(self.address), Type::STREAM, None)?;
        if self.arms.reads == Reads::Nothing {
            // The kernel's buffers do not count as the server's memory, but they should not hold megabytes.
            socket.set_recv_buffer_size(READ_BYTES)?;
        }
        // Close with a reset, so that no port stays in TIME_WAIT for a minute.
        socket.set_linger(Some(Duration::ZERO))?;
        socket.set_nonblocking(true)?;
        match socket.connect(&self.address.into()) {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {}
            connected => connected?,
        }
        let stream = TcpStream::from_std(socket.into())?;
        tokio::time::timeout(LOOK_EVERY * 50, stream.writable()).await??;
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        self.count(|tally| tally.connections += 1);
        Ok(stream)
    }

    /// Sends the bytes of its arms until the server closes or the story ends.
    async fn fight(&mut self, stream: &TcpStream) -> io::Result<()> {
        let (mut scratch, mut opening) = (vec![0; READ_BYTES], self.arms.opening(self.address));
        self.send(stream, &mut scratch, &opening).await?;
        if !self.arms.is_http() {
            // The handshake's answer and the `welcome`. A guest that stops while it opens gets neither.
            while !self.is_to_stop() {
                let Ok(readable) = tokio::time::timeout(LOOK_EVERY, stream.readable()).await else {
                    continue;
                };
                readable?;
                break;
            }
        }
        opening.clear();
        while let Some(next) = self.arms.next() {
            self.send(stream, &mut scratch, &next.bytes).await?;
            if self.is_to_stop() {
                return Ok(());
            }
            match next.pause {
                Some(pause) => self.rest(stream, &mut scratch, pause).await?,
                None => tokio::task::yield_now().await,
            }
        }
        Ok(())
    }

    async fn send(&self, stream: &TcpStream, scratch: &mut [u8], mut bytes: &[u8]) -> io::Result<()> {
        let interest = match self.arms.reads {
            Reads::All => Interest::READABLE | Interest::WRITABLE,
            Reads::Nothing => Interest::WRITABLE,
        };
        while !bytes.is_empty() && !self.is_to_stop() {
            let Ok(ready) = tokio::time::timeout(LOOK_EVERY, stream.ready(interest)).await else { continue };
            let ready = ready?;
            if ready.is_readable() {
                read(stream, scratch)?;
            }
            if ready.is_writable() {
                match stream.try_write(bytes) {
                    Ok(written) => {
                        bytes = &bytes[written..];
                        self.count(|tally| tally.bytes += written as u64);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Waits for a while without sending.
    async fn rest(&self, stream: &TcpStream, scratch: &mut [u8], pause: Duration) -> io::Result<()> {
        let end = tokio::time::Instant::now() + pause;
        while tokio::time::Instant::now() < end && !self.is_to_stop() {
            match self.arms.reads {
                Reads::All => {
                    if let Ok(ready) = tokio::time::timeout_at(end, stream.readable()).await {
                        ready?;
                        read(stream, scratch)?;
                    }
                }
                Reads::Nothing => tokio::time::sleep(pause.min(LOOK_EVERY)).await,
            }
        }
        Ok(())
    }

    fn is_to_stop(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn count(&self, change: impl FnOnce(&mut Tally)) {
        let mut tally = self.tally.get();
        change(&mut tally);
        self.tally.set(tally);
    }
}

fn read(stream: &TcpStream, scratch: &mut [u8]) -> io::Result<()> {
    match stream.try_read(scratch) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}
