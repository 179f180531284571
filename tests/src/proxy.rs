//! A TCP proxy between clients and the server that causes network failures on request.

mod frames;
mod link;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use frames::Losses;
pub use link::{Cut, Direction};
use link::{Link, Weather};

/// A proxy in front of a server. Its random decisions are derived from its seed. It passes bytes on in pieces of random
/// size, so that a cut also happens in the middle of a frame.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    links: Arc<Mutex<Vec<Link>>>,
    weather: watch::Sender<Weather>,
    losses: Losses,
    is_away: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts to pass bytes on.
    pub async fn before(server: SocketAddr, seed: u64) -> Self {
        Self::start(server, seed, Losses::none()).await
    }

    /// Starts a proxy that can drop single messages of the server. It passes on whole frames.
    pub async fn that_loses(server: SocketAddr) -> Self {
        Self::start(server, 0, Losses::possible()).await
    }

    async fn start(server: SocketAddr, seed: u64, losses: Losses) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port for the proxy");
        let address = listener.local_addr().expect("the proxy's address");
        let links = Arc::<Mutex<Vec<Link>>>::default();
        let weather = watch::Sender::new(Weather::default());
        let mut random = fastrand::Rng::with_seed(seed);
        let is_away = Arc::new(AtomicBool::new(false));
        let (present, sky, loss) = (Arc::clone(&links), weather.subscribe(), losses.clone());
        let away = Arc::clone(&is_away);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if away.load(Ordering::Relaxed) {
                    continue;
                }
                // If the server is down, the client sees a connection that is closed at once.
                let Ok(server) = TcpStream::connect(server).await else { continue };
                let link = Link::start(client, server, random.fork(), sky.clone(), loss.clone());
                let mut present = present.lock().unwrap();
                present.retain(Link::is_alive);
                present.push(link);
            }
        });
        Self { address, links, weather, losses, is_away, task }
    }

    /// Returns the address for clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the number of connections that are open or look open.
    pub fn open(&self) -> usize {
        self.links.lock().unwrap().iter().filter(|link| link.is_alive()).count()
    }

    /// Closes all connections. New ones are possible.
    pub fn cut(&self, how: Cut) {
        self.each(|link| link.cut(how));
    }

    /// Closes all connections and, until [`come_back`](Self::come_back), each new one at once.
    pub fn go_away(&self) {
        self.is_away.store(true, Ordering::Relaxed);
        self.cut(Cut::Reset);
    }

    /// Makes new connections possible again.
    pub fn come_back(&self) {
        self.is_away.store(false, Ordering::Relaxed);
    }

    /// Stops passing bytes on in these directions, for the existing connections: they look open to both ends. New
    /// connections work.
    pub fn stall(&self, directions: &[Direction]) {
        self.each(|link| link.stall(directions));
    }

    /// Passes on again, beginning with the bytes that were held back.
    pub fn resume(&self) {
        self.each(Link::resume);
    }

    /// Delays each piece by this time, one after the other.
    pub fn delay(&self, each: Duration) {
        self.weather.send_modify(|weather| weather.delay = each);
    }

    /// Limits each piece to this number of bytes.
    pub fn pieces(&self, bytes_max: usize) {
        self.weather.send_modify(|weather| weather.piece_bytes_max = bytes_max);
    }

    /// Ends all failures: held bytes are passed on at once and in large pieces.
    pub fn clear_up(&self) {
        self.weather.send_replace(Weather::default());
        self.resume();
    }

    /// Drops the server's next logged message, on any connection.
    pub fn lose_next_message(&self) {
        self.losses.lose_one();
    }

    /// Returns the number of dropped messages.
    pub fn lost(&self) -> u64 {
        self.losses.count()
    }

    fn each(&self, tell: impl FnMut(&Link)) {
        self.links.lock().unwrap().iter().for_each(tell);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut(Cut::Reset);
    }
}
