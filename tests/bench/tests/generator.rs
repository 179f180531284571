//! The generator detects lost, duplicated and late messages.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bench::dialect::{Dialect, Text};
use bench::load::check::Faults;
use bench::machine::process::Tree;
use bench::record::Measured;
use bench::reference::{Reference, SmallFrames, Tamper, listen};
use bench::scenario::Span;
use bench::scenario::fanout::{self, Pace, Plan, apart};

const SPAN: Span = Span {
    warm_up: Duration::from_millis(20),
    measure: Duration::from_millis(200),
    silence: Duration::from_millis(500),
    // More than `ODD`, also after the probe messages.
    least: 2 * ODD,
    divisor: 1,
    frame_bytes: 384,
    churn: Duration::ZERO,
};

/// Number of the message that is lost, duplicated or delayed: later than all probe messages.
const ODD: u64 = 60;

/// Two rooms of five readers, with two publishers in each, by the clock: a lost message does not stop it.
const PLAN: Plan = Plan {
    rooms: 2,
    readers: 5,
    publishers: 2,
    pace: Pace::PerSecond(1000),
    latency: true,
    members: false,
    stalled: 0,
    one_sided: false,
    frame_bytes: None,
    apart: false,
};

/// The reference server in a thread, on a free port.
struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(tamper: impl FnMut(u64) -> Tamper + Send + 'static) -> Self {
        let listener = listen("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let server = Reference::new(listener, SmallFrames::AtOnce, tamper).unwrap();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || server.serve(&stopped).unwrap());
        Self { address, stop, thread: Some(thread) }
    }

    fn measure(&self, plan: Plan) -> Measured {
        fanout::run(plan, self.address, Dialect::Text(Text::Live), Tree::of(std::process::id()), &SPAN)
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Returns the faults of a run in which one message is handled like this. It is sent some time after the start.
fn faults(tamper: Tamper) -> Faults {
    Server::start(move |number| if number == ODD { tamper } else { Tamper::Send }).measure(PLAN).faults
}

#[test]
fn a_server_without_fault_has_none() {
    let measured = Server::start(|_| Tamper::Send).measure(PLAN);
    assert_eq!(measured.faults, Faults::default());
    let figure = |name: &str| measured.figures[name];
    assert!(figure("published") > 0.0);
    assert_eq!(figure("delivered"), figure("published") * 5.0);
    assert_eq!(figure("frame_bytes"), 384.0);
    assert!(figure("delay_p50_us") > 0.0 && figure("delay_p50_us") <= figure("delay_p999_us"));
}

#[test]
fn a_lost_message_is_found_with_each_reader() {
    assert_eq!(faults(Tamper::Drop), Faults { lost: 5, ..Faults::default() });
}

#[test]
fn a_double_message_is_found_with_each_reader() {
    assert_eq!(faults(Tamper::Twice), Faults { duplicated: 5, ..Faults::default() });
}

#[test]
fn a_late_message_is_found_with_each_reader() {
    // It is sent after the next message of its room. Only a later message of the same publisher makes it late.
    let tamper = |number| if number == ODD { Tamper::Late } else { Tamper::Send };
    let plan = Plan { publishers: 1, ..PLAN };
    assert_eq!(Server::start(tamper).measure(plan).faults, Faults { reordered: 5, ..Faults::default() });
}

#[test]
fn each_way_of_publishing_ends_and_counts() {
    let server = Server::start(|_| Tamper::Send);
    let plans = [
        Plan { pace: Pace::Window(1), ..PLAN },
        Plan { pace: Pace::Window(16), latency: false, ..PLAN },
        Plan { pace: Pace::HalfOfWindow(4), ..PLAN },
        Plan { members: true, pace: Pace::Window(1), ..PLAN },
        Plan { stalled: 3, pace: Pace::Window(1), ..PLAN },
        Plan { one_sided: true, pace: Pace::Window(1), ..PLAN },
        Plan { frame_bytes: Some(64 * 1024), pace: Pace::Window(1), ..PLAN },
        Plan { readers: 0, publishers: 1, pace: Pace::Window(1), ..PLAN },
        Plan { apart: true, pace: Pace::Window(4), ..PLAN },
    ];
    for plan in plans {
        let measured = server.measure(plan);
        assert_eq!(measured.faults, Faults::default(), "{plan:?}");
        assert_eq!(
            measured.figures["delivered"],
            measured.figures["published"] * f64::from(plan.readers.max(1)),
            "{plan:?}"
        );
    }
}

#[test]
fn a_publish_and_its_deliveries_are_told_apart() {
    let measured = Server::start(|_| Tamper::Send).measure(Plan { apart: true, ..PLAN });
    let figure = |name: &str| measured.figures[name];
    assert_eq!((figure("readers"), figure("other_readers")), (5.0, 1.0));
    let sum = figure(apart::PUBLISH_ALONE) + 5.0 * figure(apart::DELIVERY_ALONE);
    assert!((sum - figure("cpu_us_per_publish")).abs() < 0.1, "{measured:?}");
    let echo = Plan { readers: 0, publishers: 1, apart: true, pace: Pace::Window(1), ..PLAN };
    let measured = Server::start(|_| Tamper::Send).measure(echo);
    assert_eq!((measured.figures["readers"], measured.figures["other_readers"]), (1.0, 10.0));
}

#[test]
fn a_message_that_is_lost_among_few_readers_is_told_too() {
    let tamper = |number| if number == ODD { Tamper::Drop } else { Tamper::Send };
    let faults = Server::start(tamper).measure(Plan { apart: true, ..PLAN }).faults;
    // The plan with few readers is measured first: one reader in each room.
    assert_eq!(faults, Faults { lost: 1, ..Faults::default() });
}

#[test]
fn a_stop_of_all_messages_ends_the_run_too() {
    let mut sent = 0;
    let server = Server::start(move |_| {
        sent += 1;
        if sent > 100 { Tamper::Drop } else { Tamper::Send }
    });
    let measured = server.measure(Plan { pace: Pace::Window(4), ..PLAN });
    // Two rooms with two publishers each, four messages in flight for each publisher, five readers for each message.
    assert!(measured.faults.lost > 0 && measured.faults.lost <= 2 * 2 * 4 * 5, "{:?}", measured.faults);
}
