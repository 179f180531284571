//! The server is suspended under load, as on a machine that swaps or sleeps, or is asked to stop.

use std::time::Duration;

use tests::{Crowd, Settings, TestServer};

#[tokio::test]
async fn a_short_standstill_costs_nobody_the_connection() {
    let server = TestServer::start_with(Settings::default().talkative()).await;
    let crowd = Crowd::gather(server.address(), 3, 2, &["room:one"], 1).await;
    let before: Vec<_> = crowd.people().iter().map(|person| person.connection()).collect();
    // Without an end: the server may answer any number of messages before it is stopped.
    crowd.talk(u64::from(u32::MAX));
    for _ in 0..5 {
        crowd.expect_answers(100).await;
        server.process().freeze();
        // Far less than a heartbeat interval; no result depends on it.
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.process().thaw();
        crowd.expect_answers(100).await;
    }
    let findings = crowd.compare(&server.api(), "stopped for a moment").await;
    findings.after(5, "standstills").assert_clean("the seed is 1");
    let after: Vec<_> = crowd.people().iter().map(|person| person.connection()).collect();
    assert_eq!(before, after);
}

#[tokio::test]
async fn after_a_long_standstill_all_come_back_and_miss_nothing() {
    let server = TestServer::start_with(Settings::default().talkative().flag("--heartbeat-ms", "200")).await;
    let crowd = Crowd::gather(server.address(), 3, 2, &["room:one"], 1).await;
    for _ in 0..3 {
        crowd.talk(u64::from(u32::MAX));
        crowd.expect_answers(100).await;
        server.process().freeze();
        crowd.expect_nobody_online().await;
        server.process().thaw();
        crowd.expect_online().await;
        crowd.expect_answers(100).await;
        crowd.hush();
    }
    let findings = crowd.compare(&server.api(), "stopped for long").await;
    findings.after(3, "standstills").assert_clean("the seed is 1");
    // Nothing is left of the dropped connections.
    server.api().expect_connections(crowd.people().len()).await;
}

#[tokio::test]
async fn asked_to_end_under_load_it_ends_in_order_and_nobody_misses_anything() {
    let mut server = TestServer::start_with(Settings::default().talkative()).await;
    let crowd = Crowd::gather(server.address(), 3, 2, &["room:one"], 1).await;
    // Without an end: the server may answer any number of messages before it is stopped.
    crowd.talk(u64::from(u32::MAX));
    for _ in 0..5 {
        crowd.expect_answers(100).await;
        server.restart().await;
        crowd.expect_answers(100).await;
    }
    let findings = crowd.compare(&server.api(), "ended in order").await;
    findings.after(5, "restarts").assert_clean("the seed is 1");
}
