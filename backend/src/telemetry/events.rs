//! The one place where events become log lines and counters.

use std::sync::Arc;

use prometheus_client::registry::Registry;

use super::counters::Counters;
use super::event::Event;
use super::lines::Lines;

/// Hands events to those who consume them: the counters and the log lines. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Events(Arc<Consumers>);

#[derive(Debug)]
struct Consumers {
    counters: Counters,
    lines: Lines,
}

impl Events {
    /// Creates events whose counters are zero, and registers the counters.
    pub(super) fn register(registry: &mut Registry) -> Self {
        Self(Arc::new(Consumers { counters: Counters::register(registry), lines: Lines::new() }))
    }

    /// Counts an event, and writes its log line.
    #[inline(always)]
    pub(crate) fn emit(&self, event: Event<'_>) {
        let Consumers { counters, lines } = &*self.0;
        counters.count(&event);
        // There is no line for each delivered message. The compiler leaves only its counter, as the event is known in each call.
        if !matches!(event, Event::Published(_)) {
            lines.write(&event);
        }
    }
}

#[cfg(test)]
impl Default for Events {
    /// Creates events whose counters are not read.
    fn default() -> Self {
        Self::register(&mut Registry::default())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use shared::ids::{ChannelName, ConnectionId, Offset, UserId};
    use shared::protocol::{CloseCode, ErrorCode};
    use tracing::Level;
    use tracing_subscriber::fmt::MakeWriter;

    use super::super::event::{Published, RequestRefused, SignalDropped};
    use super::super::metrics::Metrics;
    use super::*;

    /// The written log lines.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Log {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    impl Log {
        /// Removes and returns the lines.
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    /// Calls `check` with an event of each kind, and with each variant of its data.
    fn each(mut check: impl FnMut(Event<'_>)) {
        let (connection, code, bytes) = (ConnectionId(7), ErrorCode::Forbidden, 3);
        let channel = &ChannelName::parse("room:lobby").unwrap();
        let user = &UserId::parse("ada").unwrap();
        let (origin, host) = ("https://evil.test", "evil.test");
        let refused = RequestRefused {
            request_id: "id",
            method: "GET",
            path: "/",
            status: 403,
            code,
            message: "No.",
            cause: None,
        };
        for event in [
            Event::Connected { connection, dialect: "typed", address: None },
            Event::Identified { connection, user },
            Event::OutsideRoom { connection, code },
            Event::Gone { connection, code: Some(CloseCode::NORMAL), seconds: 1.5 },
            Event::Joined { connection, channel },
            Event::Left { connection, channel },
            Event::Received { connection, channel: Some(channel), bytes },
            Event::Received { connection, channel: None, bytes },
            Event::Published(Published::Accepted),
            Event::Published(Published::Duplicate),
            Event::Published(Published::Refused),
            Event::Refused { connection, code },
            Event::SignalDropped(SignalDropped::TooMany),
            Event::SignalDropped(SignalDropped::MailboxFull { channel }),
            Event::SignalDropped(SignalDropped::QueueFull),
            Event::Pushed { connection, accepted: true },
            Event::FellBehind { connection, channel, floor: Offset(5) },
            Event::Broken { connection, code: CloseCode::NORMAL, error: "a reserved bit" },
            Event::Flooded { connection },
            Event::Misused { connection },
            Event::Silent { connection },
            Event::TokenRefused { claim: "exp", reason: "the token has expired" },
            Event::OriginRefused { origin, host },
            Event::HostRefused { origin, host },
            Event::HeaderTooLarge { address: None, header_bytes_max: 1 },
            Event::TooManyHeaders { address: None, headers_bytes_max: 1 },
            Event::TurnedAway,
            Event::RequestRefused(refused),
            Event::RequestRefused(RequestRefused { status: 500, ..refused }),
        ] {
            check(event);
        }
    }

    /// The names of all events, as declared.
    fn declared() -> BTreeSet<String> {
        let file = syn::parse_file(include_str!("event.rs")).unwrap();
        let mut enums = file.items.iter().filter_map(|item| match item {
            syn::Item::Enum(item) if item.ident == "Event" => Some(item),
            _ => None,
        });
        enums.next().unwrap().variants.iter().map(|variant| variant.ident.to_string()).collect()
    }

    #[test]
    fn each_event_has_a_log_line_or_a_counter() {
        let (metrics, log) = (Metrics::new(), Log::default());
        let lines = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(log.clone()).finish();
        let mut emitted = BTreeSet::new();
        tracing::subscriber::with_default(lines, || {
            each(|event| {
                let before = metrics.render();
                metrics.events.emit(event);
                let line = log.take();
                assert!(metrics.render() != before || !line.is_empty(), "{event:?} has no effect");
                let name = format!("{event:?}");
                let name = name.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
                emitted.insert(name.to_owned());
            });
        });
        assert_eq!(emitted, declared(), "this test has an event of each kind");
    }

    #[test]
    fn an_open_connection_is_counted_until_it_is_gone() {
        let metrics = Metrics::new();
        let connection = ConnectionId(1);
        let open = || metrics.render().lines().any(|line| line == "tidings_connections_open 1");
        metrics.events.emit(Event::Connected { connection, dialect: "typed", address: None });
        assert!(open());
        metrics.events.emit(Event::Gone { connection, code: None, seconds: 0.0 });
        assert!(!open());
    }

    #[test]
    fn lines_that_clients_cause_at_will_are_limited() {
        let (events, log) = (Events::default(), Log::default());
        let lines = tracing_subscriber::fmt().with_writer(log.clone()).finish();
        tracing::subscriber::with_default(lines, || {
            let long = "x".repeat(10_000);
            for _ in 0..1000 {
                events.emit(Event::OriginRefused { origin: &long, host: &long });
                events.emit(Event::TokenRefused { claim: "exp", reason: "the token has expired" });
                events.emit(Event::HeaderTooLarge { address: None, header_bytes_max: 1 });
            }
        });
        let written = log.take();
        assert!((1..20).contains(&written.lines().count()), "{written}");
        assert!(written.lines().all(|line| line.len() < 1000), "{written}");
    }
}
