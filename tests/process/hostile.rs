//! Beside hostile guests of every kind, an honest room loses no message, and the server's memory stays within its
//! limits.

use std::time::{Duration, Instant};

use shared::protocol::Payload;
use tests::client::channel;
use tests::hostile::Kind;
use tests::{Client, HostileGuests, Ledger, Settings, TestServer};

/// The variable with the seconds per kind.
const SECONDS: &str = "TIDINGS_HOSTILE_SECONDS";

/// The variable that selects one kind.
const KIND: &str = "TIDINGS_HOSTILE_KIND";

const SECONDS_BY_DEFAULT: u64 = 2;

/// The variable with the number of guests per kind.
const GUESTS: &str = "TIDINGS_HOSTILE_GUESTS";

const GUESTS_BY_DEFAULT: usize = 200;

/// The channel of the honest clients.
const HONEST_ROOM: &str = "room:honest";

/// Number of honest clients.
const PEOPLE: usize = 10;

/// Interval between two of their messages.
const SAY_EVERY: Duration = Duration::from_millis(100);

/// Maximum memory of the server, in KiB.
const MEMORY_KIB_MAX: u64 = 512 * 1024;

/// Size of the messages in the channels that the guests read from the beginning, in bytes.
const MESSAGE_BYTES: usize = 1400;

#[tokio::test]
async fn beside_hostile_guests_of_every_kind_an_honest_room_loses_nothing() {
    let seconds =
        std::env::var(SECONDS).map_or(SECONDS_BY_DEFAULT, |seconds| seconds.parse().expect(SECONDS));
    let guests = std::env::var(GUESTS).map_or(GUESTS_BY_DEFAULT, |guests| guests.parse().expect(GUESTS));
    let only = std::env::var(KIND).ok();
    let kinds =
        Kind::ALL.into_iter().filter(|kind| only.as_ref().is_none_or(|only| format!("{kind:?}") == *only));
    let kinds: Vec<Kind> = kinds.collect();
    assert!(!kinds.is_empty(), "{KIND}={only:?} is none of {:?}", Kind::ALL);
    for kind in kinds {
        beside(kind, guests, Duration::from_secs(seconds)).await;
    }
}

async fn beside(kind: Kind, count: usize, duration: Duration) {
    let server = TestServer::start_with(Settings::default()).await;
    fill(&server, kind).await;
    let mut people = Vec::with_capacity(PEOPLE);
    for number in 0..PEOPLE {
        let person = server.client(&format!("Honest {number}")).connect().await;
        person.subscribe(HONEST_ROOM).await;
        people.push(person);
    }
    let calm_kib = server.process().resident_kib();

    let guests = HostileGuests::begin(server.address(), kind, count);
    let said = talk(&people, duration).await;
    expect_harm(&server, kind, count, said).await;
    let tally = guests.end().await;
    let room = channel(HONEST_ROOM);
    for person in &people {
        let all_heard = format!("receives all {said} messages");
        person.expect_journal(&all_heard, |journal| (journal.heard_at.len() == said).then_some(())).await;
    }
    let findings =
        Ledger::read(&server.api(), std::slice::from_ref(&room), people.iter()).await.compare("hostile");
    let most_kib = server.process().most_resident_kib();

    let mut delays = delays(&people);
    delays.sort_unstable();
    let quantile = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!(
        "hostile: {kind:?}: {count} guests, {:.0} s, {} connections, {} MB sent; memory {} -> {} MB; {said} messages, \
         {} deliveries, p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        duration.as_secs_f64(),
        tally.connections,
        tally.bytes / 1_000_000,
        calm_kib / 1024,
        most_kib / 1024,
        delays.len(),
        quantile(0.5),
        quantile(0.99),
        quantile(1.0),
    );
    findings.assert_clean(&format!("{KIND}={kind:?}"));
    assert!(most_kib < MEMORY_KIB_MAX, "{kind:?}: {most_kib} KiB");
    assert!(tally.connections > 0 && tally.bytes > 0, "{kind:?}: the guests did nothing: {tally:?}");
}

/// Publishes into the channels that the guests read from the beginning.
async fn fill(server: &TestServer, kind: Kind) {
    let (api, text) = (server.api(), "x".repeat(MESSAGE_BYTES));
    let (channels, messages) = kind.channels();
    for channel in channels {
        for _ in 0..messages {
            api.publish(&channel, &text).await;
        }
    }
}

/// Asserts that the guests acted as their kind: a server that accepted nothing from them would not be tested.
async fn expect_harm(server: &TestServer, kind: Kind, count: usize, said: usize) {
    let api = server.api();
    let opened = api.counter("tidings_connections_opened_total").await;
    let accepted = api.counter("tidings_messages_accepted_total").await;
    let subscriptions = async || {
        let of = |connection: &serde_json::Value| connection["subscriptions"].as_u64().unwrap_or(0);
        api.connections().await.iter().map(of).max().unwrap_or(0)
    };
    let (done, what) = match kind {
        Kind::WideJson | Kind::DeepJson => (accepted > (said + count) as u64, "large payloads are accepted"),
        Kind::SubscriptionsWithoutReading => {
            // The burst of a new connection. The rest of the 256 are admitted at its rate.
            (subscriptions().await >= 100, "channels have subscribers")
        }
        Kind::SubscribeAndLeave | Kind::NewChannels => (opened > 2 * count as u64, "guests reconnect"),
        Kind::HeaderFlood | Kind::PipelinedRequests => (opened == PEOPLE as u64, "no WebSocket is opened"),
        Kind::HistoryWithoutReading
        | Kind::PingFlood
        | Kind::WrongTexts
        | Kind::BinaryFrames
        | Kind::EmptyParts
        | Kind::Signals => (opened >= (PEOPLE + count) as u64, "all guests have connected"),
    };
    assert!(done, "{kind:?}: not true: {what}; {opened} connections, {accepted} messages");
}

/// The honest clients publish in turn, without waiting. Returns the number of messages.
async fn talk(people: &[Client], duration: Duration) -> usize {
    let (end, mut said) = (Instant::now() + duration, 0);
    let mut tick = tokio::time::interval(SAY_EVERY);
    while Instant::now() < end {
        tick.tick().await;
        people[said % people.len()].say(HONEST_ROOM, Payload::chat(format!("message {said}")));
        said += 1;
    }
    said
}

/// Returns the latency of each message to each honest client, including its sender.
fn delays(people: &[Client]) -> Vec<Duration> {
    let journals: Vec<_> = people.iter().map(|person| person.journal(Clone::clone)).collect();
    let sent_at = |id| journals.iter().find_map(|journal| journal.sent_at.get(id)).copied();
    let heard = journals.iter().flat_map(|journal| &journal.heard_at);
    heard.filter_map(|(id, at)| Some(at.saturating_duration_since(sent_at(id)?))).collect()
}
