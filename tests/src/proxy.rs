//! A network that fails as it is told to: a TCP proxy on this machine, between clients and the server.

mod frames;
mod link;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use frames::Losses;
use link::{Link, Weather};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Both sides are told of an end, as by a proxy that stops (FIN).
    Ended,
    /// Both sides are told of a failure (RST); what they had not read is gone.
    Reset,
}

/// A proxy in front of a server. What it does by chance follows from its seed: it passes bytes on in pieces of random
/// size, so that a connection that is cut is cut in the middle of a frame, too.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    links: Arc<Mutex<Vec<Link>>>,
    weather: watch::Sender<Weather>,
    losses: Losses,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Begins to pass on what comes.
    pub async fn before(server: SocketAddr, seed: u64) -> Self {
        Self::start(server, seed, Losses::none()).await
    }

    /// The same, and it can lose single messages of the server's. It passes on whole frames.
    pub async fn that_loses(server: SocketAddr) -> Self {
        Self::start(server, 0, Losses::possible()).await
    }

    async fn start(server: SocketAddr, seed: u64, losses: Losses) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port for the proxy");
        let address = listener.local_addr().expect("the proxy's address");
        let links = Arc::<Mutex<Vec<Link>>>::default();
        let weather = watch::Sender::new(Weather::default());
        let mut random = fastrand::Rng::with_seed(seed);
        let (present, sky, loss) = (Arc::clone(&links), weather.subscribe(), losses.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A server that is not there is to the client one that hangs up.
                let Ok(server) = TcpStream::connect(server).await else { continue };
                let link = Link::start(client, server, random.fork(), sky.clone(), loss.clone());
                let mut present = present.lock().unwrap();
                present.retain(Link::is_alive);
                present.push(link);
            }
        });
        Self { address, links, weather, losses, task }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections are open, or look so.
    pub fn open(&self) -> usize {
        self.links.lock().unwrap().iter().filter(|link| link.is_alive()).count()
    }

    /// Ends all connections there are. New ones can be had.
    pub fn cut(&self, how: Cut) {
        self.each(|link| link.cut(how));
    }

    /// Passes nothing on any more in these directions, for the connections there are: to the ends they look open, and
    /// are dead. New ones take another path, and are well.
    pub fn stall(&self, directions: &[Direction]) {
        self.each(|link| link.stall(directions));
    }

    /// Passes on again what was held up.
    pub fn resume(&self) {
        self.each(Link::resume);
    }

    /// From now on each piece takes this long, one after the other.
    pub fn delay(&self, each: Duration) {
        self.weather.send_modify(|weather| weather.delay = each);
    }

    /// From now on no piece has more than so many bytes.
    pub fn pieces(&self, bytes_max: usize) {
        self.weather.send_modify(|weather| weather.piece_bytes_max = bytes_max);
    }

    /// All is well again: what was held up is passed on, at once and in large pieces.
    pub fn clear_up(&self) {
        self.weather.send_replace(Weather::default());
        self.resume();
    }

    /// The next of the server's logged messages gets lost, on whichever connection it comes.
    pub fn lose_next_message(&self) {
        self.losses.lose_one();
    }

    /// How many messages were lost.
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
