//! The server is killed at random moments under load, many times, and no acknowledged message is lost.

use std::time::Duration;

use tests::{Crowd, Settings, TestServer};

use crate::seed;

/// Default number of kills; [`ROUNDS`] changes it.
const ROUNDS_BY_DEFAULT: u64 = 30;

/// The variable with the number of kills.
const ROUNDS: &str = "TIDINGS_KILL_ROUNDS";

/// The variable with the seed of the moments.
const SEED: &str = "TIDINGS_KILL_SEED";

/// Latest moment of a kill after the server's start, in milliseconds.
const KILL_MS_MAX: u64 = 400;

/// Maximum number of messages per round.
const ROUND_MESSAGES: u64 = 500;

#[tokio::test]
async fn killed_at_random_moments_of_load_it_loses_and_doubles_nothing() {
    let rounds = std::env::var(ROUNDS).map_or(ROUNDS_BY_DEFAULT, |rounds| rounds.parse().expect(ROUNDS));
    kill("killed", Settings::default(), rounds).await;
}

#[tokio::test]
async fn with_durability_normal_a_crash_of_the_process_loses_nothing_either() {
    kill("killed, durability normal", Settings::default().flag("--durability", "normal"), 10).await;
}

async fn kill(story: &str, settings: Settings, rounds: u64) {
    let seed = seed(SEED);
    let how = format!("{ROUNDS}={rounds} {SEED}={seed}");
    println!("{story}: {how}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut server = TestServer::start_with(settings.talkative()).await;
    let crowd = Crowd::gather(server.address(), 4, 2, &["room:one", "room:two"], seed).await;
    let (mut under_way, mut amid_talk) = (0, 0);
    for _ in 0..rounds {
        crowd.hush();
        crowd.talk(ROUND_MESSAGES);
        // A random moment; no result depends on it.
        tokio::time::sleep(Duration::from_millis(random.u64(..KILL_MS_MAX))).await;
        let unanswered = crowd.unanswered() as u64;
        (under_way, amid_talk) = (under_way + unanswered, amid_talk + u64::from(unanswered > 0));
        server.kill();
        server.start_again().await;
    }
    crowd.expect_online().await;
    let findings = crowd.compare(&server.api(), story).await;
    let findings = findings.after(rounds, "kills").after(amid_talk, "amid talk");
    findings.after(under_way, "messages under way then").assert_clean(&how);
}
