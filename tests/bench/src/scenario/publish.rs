//! Cost and latency of an acknowledged publish without readers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::fanout::histogram;
use super::{Span, Stopwatch};
use crate::dialect::{Dialect, Heard, Place, Role};
use crate::failure::Failure;
use crate::load::flights::Flights;
use crate::load::stamp::Stamp;
use crate::load::{Load, Sockets};
use crate::machine::process::Tree;
use crate::record::Measured;

/// The length of each text, in bytes.
const DATA_BYTES: usize = 128;

pub(super) fn run(
    publishers: u32,
    window: u32,
    address: SocketAddr,
    dialect: Dialect,
    tree: Tree,
    span: &Span,
) -> Result<Measured, Failure> {
    let mut round = Round::open(publishers, window, address, dialect, span)?;
    round.publish_for(span.warm_up, &mut histogram())?;
    let (begun, mut times) = (round.flights.sent_by_all(), histogram());
    let watch = Stopwatch::start(tree, &round.load);
    round.publish_for(span.measure, &mut times)?;
    let (mut measured, server_us) = watch.stop(&round.load);
    let published = (round.flights.sent_by_all() - begun) as f64;
    measured.figure("published", published);
    measured.figure("publishes_per_second", published / measured.seconds);
    measured.figure("cpu_us_per_publish", server_us / published);
    measured.quantiles("accepted", &times);
    Ok(measured)
}

/// Publishers, each with some messages in flight.
pub(super) struct Round {
    pub(super) load: Load,
    window: u64,
    flights: Flights,
    /// Time of sending of each message in flight, by publisher and number modulo the window.
    sent_ns: Vec<u64>,
    silence: Duration,
    /// Number of each publisher's first message. A log accepts an id only once.
    first: u64,
}

impl Round {
    /// Connects the publishers.
    pub(super) fn open(
        publishers: u32,
        window: u32,
        address: SocketAddr,
        dialect: Dialect,
        span: &Span,
    ) -> Result<Self, Failure> {
        let mut load = Load::new(address, dialect)?;
        let place = Place { role: Role::Publisher, room: 0 };
        load.connect(&vec![place; publishers as usize], Sockets::Plain, &mut |_| {})?;
        Ok(Self {
            load,
            window: u64::from(window),
            flights: Flights::new(publishers as usize, 1, window),
            sent_ns: vec![0; (publishers * window) as usize],
            silence: span.silence,
            first: 0,
        })
    }

    /// Begins above the numbers of earlier messages. Must be called before the first message.
    pub(super) fn skip(&mut self, numbers: u64) {
        self.first = numbers;
    }

    /// Returns the number of sent messages.
    pub(super) fn sent(&self) -> u64 {
        self.flights.sent_by_all()
    }

    /// Publishes for a time, then waits for the outstanding answers.
    pub(super) fn publish_for(
        &mut self,
        duration: Duration,
        times: &mut Histogram<u64>,
    ) -> Result<(), Failure> {
        let until = Instant::now() + duration;
        self.publish_while(|_| Instant::now() < until, times)
    }

    /// Publishes at least `messages` messages, then waits for the outstanding answers.
    pub(super) fn publish_number(&mut self, messages: u64) -> Result<(), Failure> {
        self.publish_while(|sent| sent < messages, &mut histogram())
    }

    fn publish_while(
        &mut self,
        goes_on: impl Fn(u64) -> bool,
        times: &mut Histogram<u64>,
    ) -> Result<(), Failure> {
        let mut ready: Vec<usize> = (0..self.load.connections()).collect();
        loop {
            while let Some(publisher) = ready.pop().filter(|_| goes_on(self.flights.sent_by_all())) {
                while let Some(number) = self.flights.take_off(publisher) {
                    let slot = self.slot(publisher, number);
                    self.sent_ns[slot] = self.load.now_ns();
                    let number = number + self.first;
                    let stamp = Stamp { publisher: publisher as u16, number, sent_ns: 0 };
                    self.load.publish(publisher, stamp, DATA_BYTES)?;
                }
            }
            if self.flights.all_landed() {
                // There is nothing left to publish, and no answer is outstanding.
                return Ok(());
            }
            let mut refused = None;
            let (window, first, sent_ns, flights) =
                (self.window, self.first, &self.sent_ns, &mut self.flights);
            let turn = self.load.turn(self.silence, &mut |arrival| match arrival.heard {
                Heard::Accepted(request) => {
                    let number = request.saturating_sub(2 + first);
                    let slot = arrival.connection * window as usize + (number % window) as usize;
                    times.saturating_record(arrival.at_ns.saturating_sub(sent_ns[slot]));
                    if flights.land(arrival.connection, number) {
                        ready.push(arrival.connection);
                    }
                }
                Heard::Refused(why) => refused = Some(String::from_utf8_lossy(why).into_owned()),
                Heard::Delivery(_) | Heard::Subscribed | Heard::Page(_) | Heard::Other => {}
            })?;
            if let Some(why) = refused {
                return Err(Failure::Server(format!("refused: {why}")));
            }
            if turn.events == 0 {
                let what = "waiting for an answer".to_owned();
                return Err(Failure::Silence { seconds: self.silence.as_secs(), what });
            }
        }
    }

    fn slot(&self, publisher: usize, number: u64) -> usize {
        publisher * self.window as usize + (number % self.window) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Text;
    use crate::reference::{Reference, SmallFrames, Tamper, listen};
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_round_whose_time_is_up_waits_for_no_answer() {
        let listener = listen("127.0.0.1:0").unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), AtomicBool::new(false));
        std::thread::scope(|threads| {
            let server = Reference::new(listener, SmallFrames::AtOnce, |_| Tamper::Send).unwrap();
            threads.spawn(|| server.serve(&stop).unwrap());
            let mut round = Round::open(1, 1, address, Dialect::Text(Text::Live), &Span::QUICK).unwrap();
            let published = round.publish_while(|_| false, &mut histogram());
            stop.store(true, Ordering::Relaxed);
            published.unwrap();
            assert_eq!(round.sent(), 0);
        });
    }
}
