//! Clients that publish a lot, and their texts.

use std::collections::VecDeque;
use std::time::Duration;

use shared::protocol::Payload;
use tests::LOBBY;
use tests::client::Client;
use tests::server::TestServer;
use tokio::time::Instant;

/// Maximum number of messages in flight.
const UNANSWERED_MAX: usize = 800;

/// Clients that subscribe to nothing.
pub(crate) async fn talkers(server: &TestServer, count: usize) -> Vec<Client> {
    let mut talkers = Vec::new();
    for number in 1..=count {
        talkers.push(server.client(&format!("Talker {number}")).connect().await);
    }
    talkers
}

/// Publishes these texts, `rate` a second, by each client in turn.
pub(crate) async fn say(talkers: &[Client], numbers: std::ops::RangeInclusive<u64>, rate: u64) {
    let (first, begun) = (*numbers.start(), Instant::now());
    let mut in_turn = talkers.iter().cycle();
    let mut unanswered = VecDeque::new();
    for number in numbers {
        let due = begun + Duration::from_micros((number - first) * 1_000_000 / rate.max(1));
        if due > Instant::now() {
            tokio::time::sleep_until(due).await;
        }
        let Some(talker) = in_turn.next() else { return };
        let id = talker.send_payload(LOBBY, Payload::chat(text(number))).await;
        unanswered.push_back((talker, id));
        // If the server lags, the rate drops: the talkers' own sessions would refuse more.
        if unanswered.len() > UNANSWERED_MAX
            && let Some((talker, id)) = unanswered.pop_front()
        {
            talker.expect_accepted(id).await;
        }
    }
    for (talker, id) in unanswered {
        talker.expect_accepted(id).await;
    }
}

/// A text of the median length of people's messages.
pub(crate) fn text(number: u64) -> String {
    format!("{number}: it is raining again, and the harbour is grey; who comes to the pier?")
}

/// A script that returns whether a message is visible.
pub(crate) fn came(number: u64) -> String {
    let said = text(number);
    format!(
        "return [...document.querySelectorAll('[data-testid=message-text]')].some(e => e.innerText === {said:?})"
    )
}
