//! The shared parts of a world: the event queue, the random numbers and the record.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use crate::profile::Weather;
use crate::world::Event;

/// Maximum number of record lines that a failure shows.
const SHOWN_LINES_MAX: usize = 60;

/// The events, random numbers and record of one world.
pub(crate) struct Ether {
    start: Instant,
    queue: RefCell<BinaryHeap<Due>>,
    number: Cell<u64>,
    waker: RefCell<Option<Waker>>,
    random: RefCell<fastrand::Rng>,
    /// The quality of the network.
    pub(crate) weather: Cell<Weather>,
    record: Option<RefCell<VecDeque<String>>>,
    /// Whether the whole record is kept, not only its end.
    whole: bool,
}

struct Due {
    at: u64,
    number: u64,
    event: Event,
}

impl Ether {
    pub(crate) fn new(seed: u64, weather: Weather, recorded: bool, whole: bool) -> Rc<Self> {
        Rc::new(Self {
            start: Instant::now(),
            queue: RefCell::default(),
            number: Cell::new(0),
            waker: RefCell::default(),
            random: RefCell::new(fastrand::Rng::with_seed(seed ^ 0x7469_6469_6e67_7321)),
            weather: Cell::new(weather),
            record: recorded.then(RefCell::default),
            whole,
        })
    }

    /// Returns the milliseconds since the start of the world.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap()
    }

    /// Returns the moment after this many milliseconds.
    pub(crate) fn instant(&self, at: u64) -> Instant {
        self.start + Duration::from_millis(at)
    }

    /// Schedules an event at a time.
    pub(crate) fn at(&self, at: u64, event: Event) {
        self.number.set(self.number.get() + 1);
        self.queue.borrow_mut().push(Due { at, number: self.number.get(), event });
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Schedules an event after `wait` milliseconds.
    pub(crate) fn after(&self, wait: u64, event: Event) {
        self.at(self.now() + wait, event);
    }

    /// Removes and returns the next due event.
    pub(crate) fn due(&self) -> Option<Event> {
        let mut queue = self.queue.borrow_mut();
        if queue.peek().is_some_and(|due| due.at <= self.now()) {
            queue.pop().map(|due| due.event)
        } else {
            None
        }
    }

    /// Returns when the next event is due. The caller is woken when that changes.
    pub(crate) fn next_at(&self, context: &Context<'_>) -> Option<u64> {
        *self.waker.borrow_mut() = Some(context.waker().clone());
        self.queue.borrow().peek().map(|due| due.at)
    }

    /// Returns a random number below `bound`.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.random.borrow_mut().u64(0..bound.max(1))
    }

    /// Returns a random number of `range`.
    pub(crate) fn within(&self, range: std::ops::RangeInclusive<u64>) -> u64 {
        self.random.borrow_mut().u64(range)
    }

    /// Returns true `per_mille` times in a thousand.
    pub(crate) fn chance(&self, per_mille: u32) -> bool {
        per_mille > 0 && self.random.borrow_mut().u32(0..1000) < per_mille
    }

    /// Returns a random element.
    pub(crate) fn pick<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    /// Returns a random network delay, in milliseconds.
    pub(crate) fn delay(&self) -> u64 {
        let weather = self.weather.get();
        let slow =
            if self.chance(weather.slow_per_mille) { weather.slow_ms_max } else { weather.delay_ms_max };
        self.within(0..=slow)
    }

    /// Adds a line to the record, if there is one.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(record) = &self.record {
            let mut record = record.borrow_mut();
            record.push_back(format!("{:>7} {}", self.now(), line()));
            if !self.whole && record.len() > SHOWN_LINES_MAX {
                record.pop_front();
            }
        }
    }

    /// Returns the record.
    pub(crate) fn record(&self) -> Vec<String> {
        self.record.as_ref().map(|record| record.borrow().iter().cloned().collect()).unwrap_or_default()
    }
}

/// Waits until an event is due, at most until `until`.
pub(crate) async fn next(ether: &Ether, until: u64) {
    let sleep = tokio::time::sleep_until(ether.instant(until));
    tokio::pin!(sleep);
    std::future::poll_fn(|context| {
        let at = ether.next_at(context).map_or(until, |at| at.min(until));
        let instant = ether.instant(at);
        if sleep.deadline() != instant {
            sleep.as_mut().reset(instant);
        }
        if at <= ether.now() { Poll::Ready(()) } else { sleep.as_mut().poll(context) }
    })
    .await;
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    /// The earliest is the greatest, because the heap pops the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}
