//! The network between clients and server fails in every way, under load.

use std::time::Duration;

use tests::proxy::{Cut, Direction};
use tests::{Crowd, Proxy, Settings, TestServer};

use crate::seed;

/// The variable with the seed of the failures.
const SEED: &str = "TIDINGS_NETWORK_SEED";

/// Number of failures.
const FAULTS: u64 = 40;

/// Maximum duration of a failure, in milliseconds.
const FAULT_MS_MAX: u64 = 120;

/// Maximum delay of a piece, in milliseconds.
const DELAY_MS_MAX: u64 = 5;

#[tokio::test]
async fn cut_stalled_and_delayed_connections_lose_and_double_nothing() {
    let seed = seed(SEED);
    let how = format!("{SEED}={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    // Short heartbeats: a client that is stalled for long enough drops the connection.
    let server = TestServer::start_with(Settings::default().talkative().flag("--heartbeat-ms", "100")).await;
    let proxy = Proxy::before(server.address(), seed).await;
    let crowd = Crowd::gather(proxy.address(), 3, 2, &["room:one", "room:two"], seed).await;
    let mut cuts = 0;
    for _ in 0..FAULTS {
        crowd.hush();
        crowd.talk(100);
        match random.u8(..7) {
            0 => proxy.cut(Cut::Reset),
            1 => proxy.cut(Cut::Ended),
            2 => proxy.stall(&[Direction::Up]),
            3 => proxy.stall(&[Direction::Down]),
            4 => proxy.stall(&[Direction::Up, Direction::Down]),
            5 => proxy.delay(Duration::from_millis(random.u64(1..=DELAY_MS_MAX))),
            _ => proxy.pieces(random.usize(1..200)),
        }
        // A random moment; no result depends on it.
        tokio::time::sleep(Duration::from_millis(random.u64(..FAULT_MS_MAX))).await;
        if random.bool() {
            // Without it the failure would last into the next one.
            proxy.clear_up();
        }
        if random.u8(..4) == 0 {
            // In the middle of any work.
            proxy.cut(Cut::Reset);
            cuts += 1;
        }
    }
    proxy.clear_up();
    crowd.expect_online().await;
    let findings = crowd.compare(&server.api(), "network").await;
    findings.after(FAULTS + cuts, "faults").assert_clean(&how);
}

#[tokio::test]
async fn a_message_that_a_dead_path_delivers_late_is_a_duplicate() {
    let server = TestServer::start_with(Settings::default().talkative().flag("--heartbeat-ms", "200")).await;
    let proxy = Proxy::before(server.address(), 1).await;
    let crowd = Crowd::gather(proxy.address(), 3, 1, &["room:one"], 1).await;
    for _ in 0..5 {
        let before: Vec<_> = crowd.people().iter().map(|person| person.connection()).collect();
        // The failure has no fixed end, because the speed differs between machines.
        crowd.talk(u64::from(u32::MAX));
        crowd.expect_answers(30).await;
        // These messages stay in the dead path until the talkers have sent them again on another.
        proxy.stall(&[Direction::Up, Direction::Down]);
        for (person, before) in crowd.people().iter().zip(before) {
            person.expect_online_anew(before).await;
        }
        crowd.expect_answers(30).await;
        proxy.resume();
        crowd.expect_answers(30).await;
        crowd.hush();
        crowd.expect_online().await;
    }
    let findings = crowd.compare(&server.api(), "late paths").await;
    findings.after(5, "dead paths").assert_clean("the seed is 1");
}
