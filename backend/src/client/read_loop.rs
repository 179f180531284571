//! The read loop of a connection: reads, throttles and handles messages until the end.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use shared::protocol::{CloseCode, ErrorCode, Refusal};
use tokio::time::Instant;

use super::budget::{Budget, Next};
use super::connection::Connection;
use super::frames::{Incoming, Received};
use super::handler::{Refused, TextHandler};
use super::pace::Pace;
use super::throttle::{Decision, tokens_of};
use crate::message::pong_frame;
use crate::rate::RateLimit;
use crate::telemetry::Event;

/// Maximum rate of messages with a refusal that no retry can help, per second. A connection above it is closed. Accepted messages
/// in between do not reset it.
const ERRORS_PER_SECOND_MAX: u32 = 5;

/// Burst of the maximum error rate, in seconds.
const ERRORS_BURST_SECONDS: u32 = 10;

/// Time after which a client that was closed for flooding may reconnect, in milliseconds.
const FLOOD_RETRY_MS: u64 = 10_000;

impl Connection {
    /// Reads and handles messages until either side closes the connection.
    pub async fn run(mut self, mut incoming: impl Incoming, mut handler: impl TextHandler) {
        let (mut budget, mut pace) = (Budget::default(), Pace::default());
        let mut errors = RateLimit::new(ERRORS_PER_SECOND_MAX, ERRORS_BURST_SECONDS, Instant::now());
        while let Some(received) =
            poll_fn(|context| self.poll_received(&mut incoming, &mut pace, context)).await
        {
            let now = Instant::now();
            self.outbound.note_received(now);
            self.outbound.suspend_writer_wake();
            let bytes = received.bytes();
            match budget.spend(bytes) {
                Next::Continue => {}
                // Let the worker's other tasks run before this client is read again.
                Next::Yield => {
                    self.outbound.flush();
                    tokio::task::yield_now().await;
                }
                // The gate limits the large messages of all clients together, so other tasks run even if every client sends them.
                Next::YieldLarge => {
                    self.outbound.flush();
                    self.services.worker.sources.gates.messages.pass(std::future::ready(())).await;
                }
            }
            let late = self.turns.get().map_or(0, |turns| turns.take_late_tokens());
            if late > 0 {
                self.refund(late, now, &mut pace);
                if !self.outbound.is_open() {
                    continue;
                }
            }
            let over_rate = match self.throttle.admit(&received, now) {
                Decision::Admit => None,
                Decision::Refuse { retry_after, pause } => {
                    pace.owe(pause);
                    Some(rate_limited(retry_after))
                }
                Decision::Close(pause) => {
                    pace.owe(pause);
                    self.close_flood();
                    continue;
                }
            };
            let result = match received {
                Received::Text(text) => {
                    self.outbound.info.count_received();
                    match over_rate {
                        None => handler.handle(&mut self, &text).await,
                        Some(refusal) => Err(handler.refuse_over_rate(&self, &text, refusal)),
                    }
                }
                Received::Binary(_) => {
                    let what = "Send text messages; binary messages are not supported.";
                    Err(Refusal::new(ErrorCode::BinaryUnsupported, what).into())
                }
                // Pings above the rate are not answered (RFC 6455 section 5.5.3 allows that).
                Received::Ping(payload) => {
                    if over_rate.is_none() {
                        self.outbound.reply_frame(pong_frame(payload));
                    }
                    continue;
                }
                Received::Part(_) | Received::Pong => continue,
                Received::Close(code) => {
                    self.outbound.peer_closed(code);
                    break;
                }
                Received::Broken { code, error } => {
                    let connection = self.outbound.info.connection;
                    self.services.events.emit(Event::Broken { connection, code, error: &error });
                    self.outbound.close(code, "");
                    break;
                }
                Received::Gone => {
                    self.outbound.end();
                    break;
                }
            };
            match result {
                Ok(()) => self.throttle.handled(),
                Err(refused) => {
                    if refused.refusal.code == ErrorCode::OutOfTurn {
                        self.refund(tokens_of(bytes), now, &mut pace);
                    }
                    // A retryable refusal, or one because of missing permission, does not count as a protocol error. The rate
                    // limits those.
                    let Refusal { code, retry_after_ms, .. } = &refused.refusal;
                    let is_error = retry_after_ms.is_none() && *code != ErrorCode::Forbidden;
                    self.refuse(refused);
                    if is_error && errors.take(1.0, now).is_err() {
                        self.services
                            .events
                            .emit(Event::Misused { connection: self.outbound.info.connection });
                        let what = "Too many messages were refused.";
                        self.outbound.announce_close(CloseCode::MISUSE, what, None);
                    }
                }
            }
        }
        while !poll_fn(|context| self.poll_linger(&mut incoming, &mut budget, &mut pace, context)).await {
            tokio::task::yield_now().await;
        }
    }

    /// Refunds the tokens of messages that were refused with `out_of_turn`, by this connection or by a sequencer.
    fn refund(&mut self, tokens: u32, now: Instant, pace: &mut Pace) {
        match self.throttle.refund(tokens, now) {
            Decision::Admit => {}
            Decision::Refuse { pause, .. } => pace.owe(pause),
            Decision::Close(pause) => {
                pace.owe(pause);
                self.close_flood();
            }
        }
    }

    /// Sends a refusal to the client.
    fn refuse(&self, Refused { id, refusal }: Refused) {
        let info = &self.outbound.info;
        self.services.events.emit(Event::Refused { connection: info.connection, code: refusal.code });
        self.outbound.reply_frame(info.dialect.refusal(id, refusal));
    }

    /// Closes the connection of a client that sends too much for too long.
    fn close_flood(&self) {
        self.services.events.emit(Event::Flooded { connection: self.outbound.info.connection });
        let what = "Too much was sent above the allowed rate.";
        self.outbound.announce_close(CloseCode::FLOOD, what, Some(FLOOD_RETRY_MS));
    }

    /// Waits for the next input of the peer. Returns `None` when the connection is no longer open.
    fn poll_received(
        &self,
        incoming: &mut impl Incoming,
        pace: &mut Pace,
        context: &mut Context<'_>,
    ) -> Poll<Option<Received>> {
        match self.outbound.poll_room(context) {
            Poll::Ready(true) => {
                if pace.poll_ready(context).is_ready()
                    && let Poll::Ready(received) = incoming.poll_next(context)
                {
                    return Poll::Ready(Some(received));
                }
            }
            Poll::Ready(false) => return Poll::Ready(None),
            Poll::Pending => {}
        }
        // All received frames are handled, so send their replies in one write.
        self.outbound.poll_write(context);
        Poll::Pending
    }

    /// Reads and drops the peer's remaining input. Returns true when our close frame is sent and the peer's has arrived, false
    /// when the budget is spent.
    fn poll_linger(
        &mut self,
        incoming: &mut impl Incoming,
        budget: &mut Budget,
        pace: &mut Pace,
        context: &mut Context<'_>,
    ) -> Poll<bool> {
        loop {
            self.outbound.poll_write(context);
            if self.outbound.poll_end(context).is_ready() {
                return Poll::Ready(true);
            }
            ready!(pace.poll_ready(context));
            match ready!(incoming.poll_next(context)) {
                Received::Close(_) | Received::Gone => {
                    self.outbound.peer_closed(CloseCode::NORMAL);
                    self.outbound.poll_write(context);
                    return self.outbound.poll_end(context).map(|()| true);
                }
                received => {
                    // Dropped input is read no faster than refused input.
                    if let Decision::Refuse { pause, .. } | Decision::Close(pause) =
                        self.throttle.admit(&received, Instant::now())
                    {
                        pace.owe(pause);
                    }
                    if budget.spend(received.bytes()) != Next::Continue {
                        return Poll::Ready(false);
                    }
                }
            }
        }
    }
}

fn rate_limited(wait: Duration) -> Refusal {
    let what = "More messages came than are allowed. Wait a moment.";
    // Round up to milliseconds, the client's unit: a client that retries too early is refused again.
    Refusal::for_now(ErrorCode::RateLimited, what, wait + Duration::from_millis(1))
}
