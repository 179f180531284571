//! The reading half of a connection, independent of its transport: reads, throttles and handles messages until the end.

use std::cell::OnceCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use shared::ids::{ChannelName, MessageId, RequestId};
use shared::protocol::{CloseCode, ErrorCode, RawPayload, Refusal, Sender};
use tokio::time::Instant;

use super::budget::{Budget, Next};
use super::frames::{Incoming, Received};
use super::pace::Pace;
use super::services::Services;
use super::throttle::{Decision, Throttle, tokens_of};
use crate::auth::{Action, Principal};
use crate::clock;
use crate::connection::outbound::Outbound;
use crate::message::pong_frame;
use crate::rate::RateLimit;
use crate::sequencer::publication::{Publication, ReplyTo};
use crate::sequencer::turn::Turns;
use crate::store::Append;

/// Maximum rate of messages with a refusal that no retry can help, per second. A connection above it is closed. Accepted messages
/// in between do not reset it.
const ERRORS_PER_SECOND_MAX: u32 = 5;

/// Burst of the maximum error rate, in seconds.
const ERRORS_BURST_SECONDS: u32 = 10;

/// Time after which a client that was closed for flooding may reconnect, in milliseconds.
const FLOOD_RETRY_MS: u64 = 10_000;

/// Handles the messages of one kind of connection (its dialect).
pub trait Speaker {
    /// Handles a text message.
    fn text(&mut self, connection: &mut Connection, text: &str) -> impl Future<Output = Result<(), Refused>>;
    /// Returns the refusal of a text message above the connection's rate. The message is not decoded.
    fn over_rate(&self, connection: &Connection, text: &str, refusal: Refusal) -> Refused;
}

/// A refusal, and the request it answers.
#[derive(Debug)]
pub struct Refused {
    /// The request id, if the request has one.
    pub id: Option<RequestId>,
    /// The refusal.
    pub refusal: Refusal,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { id: None, refusal }
    }
}

/// The reading half of an open WebSocket.
pub struct Connection {
    pub(super) services: Rc<Services>,
    pub(super) outbound: Rc<Outbound>,
    pub(super) throttle: Throttle,
    /// Created by the first message that names its turn, because most connections only read.
    turns: OnceCell<Arc<Turns>>,
}

impl Connection {
    /// Creates the reading half of a connection that was just opened.
    pub fn new(services: Rc<Services>, outbound: Rc<Outbound>) -> Self {
        let throttle = Throttle::new(services.settings.message_rate, Instant::now());
        Self { services, outbound, throttle, turns: OnceCell::new() }
    }

    /// Reads and handles messages until either side closes the connection.
    pub async fn run(mut self, mut incoming: impl Incoming, mut speaker: impl Speaker) {
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
                        None => speaker.text(&mut self, &text).await,
                        Some(refusal) => Err(speaker.over_rate(&self, &text, refusal)),
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
                    tracing::info!(connection = %self.outbound.info.connection, %code, %error, "broken");
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
                    self.services.metrics.refusals.count(refused.refusal.code);
                    self.refuse(refused);
                    if is_error && errors.take(1.0, now).is_err() {
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
        tracing::debug!(connection = %info.connection, code = refusal.code.as_str(), "refused");
        self.outbound.reply_frame(info.mode.refusal(id, refusal));
    }

    /// Closes the connection of a client that sends too much for too long.
    fn close_flood(&self) {
        tracing::info!(connection = %self.outbound.info.connection, "closed with 4003: too much above the message rate");
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

    /// Returns the turns of this connection's publications.
    pub(super) fn turns(&self) -> &Arc<Turns> {
        self.turns.get_or_init(Arc::default)
    }

    /// Queues a message for its sequencer. The reply comes from the worker.
    ///
    /// # Errors
    /// A [`Refusal`] if the message cannot be queued.
    pub(super) fn publish(
        &self,
        request: Option<RequestId>,
        message: NewMessage,
        from: Sender,
    ) -> Result<(), Refusal> {
        let NewMessage { channel, id, turn, payload, text_bytes } = message;
        let worker = &self.services.worker;
        let policy = self.services.permissions.may(Principal::User(&from.user), Action::Publish, &channel)?;
        let connection = self.outbound.info.connection;
        let turn = turn.map(|known| self.turns().enter(known, tokens_of(text_bytes))).transpose()?;
        let others_wait = self.outbound.has_unanswered();
        let reply = ReplyTo::Connection { worker: worker.index, connection, request, turn, others_wait };
        let append = Append { channel, id, at: clock::now(), from, payload };
        let bytes = append.bytes();
        worker.publish(Publication { append, reply }, policy)?;
        self.outbound.add_unanswered(bytes);
        Ok(())
    }
}

fn rate_limited(wait: Duration) -> Refusal {
    let what = "More messages came than are allowed. Wait a moment.";
    // Round up to milliseconds, the client's unit: a client that retries too early is refused again.
    Refusal::for_now(ErrorCode::RateLimited, what, wait + Duration::from_millis(1))
}

/// A message that the client wants to publish.
pub(super) struct NewMessage {
    pub(super) channel: ChannelName,
    pub(super) id: MessageId,
    /// The newest turn that the sender knows of, if it uses turns.
    pub(super) turn: Option<u64>,
    pub(super) payload: RawPayload,
    /// Length in bytes of the text message that carried it.
    pub(super) text_bytes: usize,
}

impl Drop for Connection {
    /// Removes the connection from its worker and the counters, however it ends.
    fn drop(&mut self) {
        let info = &self.outbound.info;
        let seconds = clock::now().since(info.opened_at).as_secs_f64();
        tracing::info!(connection = %info.connection, code = self.outbound.close_code().map(|code| code.0), seconds, "close");
        self.services.metrics.closed();
        self.services.worker.remove(&self.outbound);
    }
}
