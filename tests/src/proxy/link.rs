//! One connection through the proxy.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

use super::frames::{FrameFilter, Losses};

/// Maximum size of a piece if nothing is wrong, in bytes.
const PIECE_BYTES_MAX: usize = 16 * 1024;

/// A direction.
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
    /// Both sides see a normal end (FIN), as from a proxy that stops.
    Ended,
    /// Both sides see a failure (RST). Unread bytes are lost.
    Reset,
}

/// How every piece is handled.
#[derive(Debug, Clone)]
pub(super) struct Weather {
    pub(super) delay: Duration,
    pub(super) piece_bytes_max: usize,
}

impl Default for Weather {
    fn default() -> Self {
        Self { delay: Duration::ZERO, piece_bytes_max: PIECE_BYTES_MAX }
    }
}

/// How one connection is handled.
#[derive(Debug, Clone, Copy, Default)]
struct Fault {
    stalled_up: bool,
    stalled_down: bool,
    cut: Option<Cut>,
}

impl Fault {
    fn passes(self, direction: Direction) -> bool {
        match direction {
            Direction::Up => !self.stalled_up,
            Direction::Down => !self.stalled_down,
        }
    }
}

/// A connection through the proxy.
#[derive(Debug)]
pub(super) struct Link {
    fault: watch::Sender<Fault>,
}

impl Link {
    pub(super) fn start(
        client: TcpStream,
        server: TcpStream,
        random: fastrand::Rng,
        weather: watch::Receiver<Weather>,
        losses: Losses,
    ) -> Self {
        let fault = watch::Sender::new(Fault::default());
        tokio::spawn(run(client, server, random, weather, losses, fault.subscribe()));
        Self { fault }
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.fault.is_closed()
    }

    pub(super) fn cut(&self, how: Cut) {
        self.fault.send_modify(|fault| fault.cut = Some(how));
    }

    pub(super) fn stall(&self, directions: &[Direction]) {
        self.fault.send_modify(|fault| {
            fault.stalled_up |= directions.contains(&Direction::Up);
            fault.stalled_down |= directions.contains(&Direction::Down);
        });
    }

    pub(super) fn resume(&self) {
        self.fault.send_modify(|fault| (fault.stalled_up, fault.stalled_down) = (false, false));
    }
}

async fn run(
    mut client: TcpStream,
    mut server: TcpStream,
    mut random: fastrand::Rng,
    weather: watch::Receiver<Weather>,
    losses: Losses,
    mut fault: watch::Receiver<Fault>,
) {
    // Without it the kernel would join the pieces.
    let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
    let pump = |direction, random, filter| Pump {
        direction,
        random,
        filter,
        weather: weather.clone(),
        fault: fault.clone(),
    };
    let up = pump(Direction::Up, random.fork(), None);
    let down = pump(Direction::Down, random, losses.filter());
    let how = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let both =
            async { tokio::try_join!(up.run(from_client, to_server), down.run(from_server, to_client)) };
        tokio::select! {
            ended = both => if ended.is_ok() { Cut::Ended } else { Cut::Reset },
            cut = fault.wait_for(|fault| fault.cut.is_some()) => cut.map_or(Cut::Reset, |cut| cut.cut.unwrap_or(Cut::Reset)),
        }
    };
    if how == Cut::Reset {
        // If that fails, the ends see a normal end, which is enough.
        let (_, _) = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// Passes bytes on in one direction.
struct Pump {
    direction: Direction,
    random: fastrand::Rng,
    filter: Option<FrameFilter>,
    weather: watch::Receiver<Weather>,
    fault: watch::Receiver<Fault>,
}

impl Pump {
    async fn run(mut self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<()> {
        let mut buffer = vec![0; PIECE_BYTES_MAX];
        loop {
            self.may_pass().await?;
            let Weather { delay, piece_bytes_max } = self.weather.borrow().clone();
            let most = self.random.usize(1..=piece_bytes_max.clamp(1, PIECE_BYTES_MAX));
            let count = from.read(&mut buffer[..most]).await?;
            if count == 0 {
                return to.shutdown().await;
            }
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            self.may_pass().await?;
            match &mut self.filter {
                None => to.write_all(&buffer[..count]).await?,
                Some(filter) => to.write_all(&filter.pass(&buffer[..count])).await?,
            }
        }
    }

    async fn may_pass(&mut self) -> io::Result<()> {
        let direction = self.direction;
        let passed = self.fault.wait_for(|fault| fault.passes(direction)).await;
        passed.map(drop).map_err(|_| io::ErrorKind::ConnectionAborted.into())
    }
}
