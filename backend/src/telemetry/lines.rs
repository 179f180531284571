//! Turns events into log lines.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;
use tracing::field::display;

use super::event::{Event, RequestRefused, SignalDropped};
use crate::rate::RateLimit;

/// The target of most lines, for the log filter. It does not name a module, so that it stays when files move.
const EVENT: &str = "tidings::event";

/// Maximum number of warnings per second about refused tokens, origins and hosts, and too large headers, with a burst of twice as many.
/// Clients can cause any number of them.
const WARNINGS_PER_SECOND: u32 = 5;

/// Maximum number of lines per second and worker about refused requests, with a burst of twice as many, so that nobody fills the disk
/// with wrong requests.
const REQUESTS_PER_SECOND: u32 = 50;

/// Burst of both limits, in seconds.
const BURST_SECONDS: u32 = 2;

/// Maximum characters of a path, an origin or a host in a line.
const TEXT_CHARS_MAX: usize = 200;

/// The status of a request that has failed: 500.
const FAILED: u16 = 500;

thread_local! {
    static REQUESTS: RefCell<RateLimit> =
        RefCell::new(RateLimit::new(REQUESTS_PER_SECOND, BURST_SECONDS, Instant::now()));
}

/// Writes log lines. The number of warnings that clients can cause is limited.
#[derive(Debug)]
pub(super) struct Lines {
    warnings: Mutex<RateLimit>,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { warnings: Mutex::new(RateLimit::new(WARNINGS_PER_SECOND, BURST_SECONDS, Instant::now())) }
    }

    fn may_warn(&self) -> bool {
        has_room(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes the log line of an event, if it has one.
    pub(super) fn write(&self, event: &Event<'_>) {
        match *event {
            Event::Connected { connection, dialect, address } => {
                tracing::info!(target: EVENT, %connection, mode = dialect, address = address.map(display), "open");
            }
            Event::Identified { connection, user } => {
                tracing::info!(target: EVENT, %connection, %user, "hello")
            }
            Event::OutsideRoom { connection, code } => {
                tracing::warn!(target: EVENT, %connection, code = code.as_str(), "a plain client is not in the room");
            }
            Event::Gone { connection, code, seconds } => {
                tracing::info!(target: EVENT, %connection, code = code.map(|code| code.0), seconds, "close");
            }
            Event::Joined { connection, channel } => {
                tracing::debug!(target: EVENT, %connection, %channel, "join")
            }
            Event::Left { connection, channel } => {
                tracing::debug!(target: EVENT, %connection, %channel, "leave")
            }
            Event::Received { connection, channel, bytes } => {
                let channel = channel.map(display);
                tracing::info!(target: "tidings::message", %connection, channel, bytes, "message");
            }
            Event::Refused { connection, code } => {
                tracing::debug!(target: EVENT, %connection, code = code.as_str(), "refused");
            }
            Event::SignalDropped(SignalDropped::MailboxFull { channel }) => {
                tracing::debug!(target: EVENT, %channel, "a signal was dropped: a worker is behind");
            }
            Event::Pushed { connection, accepted } => {
                tracing::debug!(target: EVENT, %connection, accepted, "push")
            }
            Event::FellBehind { connection, channel, floor } => {
                tracing::warn!(target: EVENT, %connection, %channel, %floor, "gap: a subscriber fell behind");
            }
            Event::Broken { connection, code, error } => {
                tracing::info!(target: EVENT, %connection, %code, %error, "broken")
            }
            Event::Flooded { connection } => {
                tracing::info!(target: EVENT, %connection, "closed with 4003: too much above the message rate");
            }
            Event::Misused { connection } => {
                tracing::debug!(target: EVENT, %connection, "closed with 4501: too many messages were refused");
            }
            Event::Silent { connection } => {
                tracing::info!(target: EVENT, %connection, "closing a silent connection")
            }
            Event::TokenRefused { claim, reason } => {
                if self.may_warn() {
                    tracing::warn!(target: EVENT, claim, reason, "refused a token");
                }
            }
            Event::OriginRefused { origin, host } => {
                if self.may_warn() {
                    let (origin, host) = (shortened(origin), shortened(host));
                    tracing::warn!(target: EVENT, origin, host, "refused a page of a foreign origin; --origin allows it");
                }
            }
            Event::HostRefused { origin, host } => {
                if self.may_warn() {
                    let (origin, host) = (shortened(origin), shortened(host));
                    tracing::warn!(
                        target: EVENT,
                        origin,
                        host,
                        "refused a page under a host name that is not configured; --host allows it"
                    );
                }
            }
            Event::HeaderTooLarge { address, header_bytes_max } => {
                if self.may_warn() {
                    tracing::info!(
                        target: EVENT,
                        address = address.map(display),
                        header_bytes_max,
                        "a request header is too large; the client's cookies may be the cause"
                    );
                }
            }
            Event::TooManyHeaders { address, headers_bytes_max } => {
                if self.may_warn() {
                    tracing::info!(
                        target: EVENT,
                        address = address.map(display),
                        headers_bytes_max,
                        "too many request headers are incomplete; one is refused"
                    );
                }
            }
            Event::TurnedAway => {
                tracing::debug!(target: EVENT, "a connection is refused: the process has no more file descriptors");
            }
            Event::RequestRefused(refused) => write_request(refused),
            Event::Published(_) | Event::SignalDropped(SignalDropped::TooMany | SignalDropped::QueueFull) => {
            }
        }
    }
}

/// Cuts a text of a client to the length that a line may have.
fn shortened(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// Writes the line of a request. That of a failure, which no client causes at will, is always written.
fn write_request(refused: RequestRefused<'_>) {
    let RequestRefused { request_id, method, path, status, code, message, cause } = refused;
    let has_failed = status == FAILED;
    if !has_failed && !REQUESTS.with_borrow_mut(has_room) {
        return;
    }
    let path = shortened(path);
    let code = code.as_str();
    if has_failed {
        tracing::error!(target: "tidings::request", %request_id, %method, ?path, status, code, message, cause, "failed");
    } else {
        tracing::info!(target: "tidings::request", %request_id, %method, ?path, status, code, message, cause, "refused");
    }
}

fn has_room(limit: &mut RateLimit) -> bool {
    limit.take(1.0, Instant::now()).is_ok()
}
