//! The reading half of a connection.

use std::future::poll_fn;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_ws::{AggregatedMessage, AggregatedMessageStream, ProtocolError};
use futures_util::StreamExt as _;
use shared::ids::{ChannelName, MessageId, RequestId};
use shared::protocol::{CloseCode, ErrorCode, Payload, Refusal, Sender};

use super::guard::Verdict;
use crate::clock;
use crate::hub::frame::pong_frame;
use crate::hub::outbound::Outbound;
use crate::hub::worker::{Worker, say_closing};
use crate::log::Append;
use crate::log::thread::{Publication, ReplyTo};
use crate::rate::RateLimit;

/// A connection that sends this many messages in a row that are none is closed.
const ERRORS_IN_A_ROW_MAX: u32 = 100;

/// What a kind of connection does with what it reads.
pub(super) trait Speaker {
    /// Takes a text.
    async fn text(&mut self, connection: &mut Connection, text: &str) -> Result<(), Refused>;
    /// Tells the client that something was refused.
    fn refuse(&self, connection: &Connection, refused: Refused);
}

/// A refusal, and the request it answers.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) id: Option<RequestId>,
    pub(super) refusal: Refusal,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { id: None, refusal }
    }
}

/// An open WebSocket, seen from the side that reads.
pub(super) struct Connection {
    pub(super) worker: Rc<Worker>,
    pub(super) outbound: Rc<Outbound>,
    stream: Option<AggregatedMessageStream>,
    verdict: Verdict,
    rate: RateLimit,
}

impl Connection {
    pub(super) fn new(
        worker: Rc<Worker>,
        outbound: Rc<Outbound>,
        stream: AggregatedMessageStream,
        verdict: Verdict,
    ) -> Self {
        let rate = RateLimit::new(worker.hub.settings.message_rate, Instant::now());
        Self { worker, outbound, stream: Some(stream), verdict, rate }
    }

    /// Reads until the end, whoever brings it.
    pub(super) async fn run(mut self, mut speaker: impl Speaker) {
        let Some(mut stream) = self.stream.take() else { return };
        let mut errors = 0;
        loop {
            poll_fn(|context| self.outbound.poll_room(context)).await;
            if !self.outbound.is_open() {
                break;
            }
            let message = tokio::select! {
                message = stream.next() => message,
                () = poll_fn(|context| self.outbound.poll_end(context)) => break,
            };
            self.outbound.hear();
            let result = match message {
                Some(Ok(AggregatedMessage::Text(text))) => {
                    self.outbound.info.count_received();
                    speaker.text(&mut self, &text).await
                }
                Some(Ok(AggregatedMessage::Binary(_))) => {
                    let what = "Messages are texts; this one was binary.";
                    Err(Refusal::new(ErrorCode::BinaryUnsupported, what).into())
                }
                Some(Ok(AggregatedMessage::Ping(payload))) => {
                    self.outbound.reply_frame(pong_frame(payload));
                    continue;
                }
                Some(Ok(AggregatedMessage::Pong(_))) => continue,
                Some(Ok(AggregatedMessage::Close(reason))) => {
                    let code = reason.map_or(CloseCode::NORMAL, |reason| CloseCode(reason.code.into()));
                    self.outbound.peer_closed(code);
                    break;
                }
                Some(Err(error)) => {
                    match close_code(&error) {
                        Some(code) => self.end_broken(code, &error),
                        None => self.outbound.end(),
                    }
                    break;
                }
                None => {
                    match self.verdict.get() {
                        Some(code) => self.end_broken(code, &"refused at the frame's header"),
                        None => self.outbound.end(),
                    }
                    break;
                }
            };
            // Who only has to wait a moment has not misunderstood anything.
            let misunderstood = |refused: &Refused| refused.refusal.retry_after_ms.is_none();
            errors = if result.as_ref().is_err_and(misunderstood) { errors + 1 } else { 0 };
            if let Err(refused) = result {
                speaker.refuse(&self, refused);
            }
            if errors >= ERRORS_IN_A_ROW_MAX {
                say_closing(
                    &self.outbound,
                    CloseCode::MISUSE,
                    "Too many messages in a row were refused.",
                    None,
                );
            }
        }
        self.linger(stream).await;
    }

    /// Reads on, and forgets it, until our close frame is out and the peer's is in.
    async fn linger(&self, mut stream: AggregatedMessageStream) {
        loop {
            tokio::select! {
                () = poll_fn(|context| self.outbound.poll_end(context)) => return,
                message = stream.next() => match message {
                    Some(Ok(AggregatedMessage::Close(_))) => self.outbound.peer_closed(CloseCode::NORMAL),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => {
                        // Nothing more is heard; what goes out still may.
                        return poll_fn(|context| self.outbound.poll_end(context)).await;
                    }
                },
            }
        }
    }

    /// Counts a message against the connection's rate.
    ///
    /// # Errors
    /// A [`Refusal`] with `rate_limited`, and when the next may come.
    pub(super) fn take_turn(&mut self) -> Result<(), Refusal> {
        self.rate.take(Instant::now()).map_err(|wait| {
            let what = "More messages came than are allowed. Wait a moment.";
            // Milliseconds are the client's unit: the part of one that would be cut off is waited for as well.
            Refusal::for_now(ErrorCode::RateLimited, what, wait + Duration::from_millis(1))
        })
    }

    /// Hands a message to the log. The answer comes by way of the worker.
    ///
    /// # Errors
    /// A [`Refusal`] where the message cannot be taken.
    pub(super) fn publish(
        &self,
        request: Option<RequestId>,
        message: NewMessage,
        from: Sender,
    ) -> Result<(), Refusal> {
        let NewMessage { channel, id, payload } = message;
        let policy = self.worker.hub.policy(&channel)?;
        payload.check()?;
        if !policy.publish.allows(&channel, &from.user) {
            return Err(Refusal::new(ErrorCode::Forbidden, "You may not publish in this channel."));
        }
        let history = policy.history;
        let (worker, connection) = (self.worker.index, self.outbound.info.connection);
        let reply = ReplyTo::Connection { worker, connection, request };
        let append = Append { channel, id, at: clock::now(), from, payload };
        self.worker.hub.queue.append(Publication { append, history, reply })?;
        self.outbound.owe();
        Ok(())
    }

    fn end_broken(&self, code: CloseCode, error: &dyn std::fmt::Display) {
        tracing::info!(connection = %self.outbound.info.connection, %code, %error, "broken");
        self.outbound.close(code, "");
    }
}

/// A message that somebody wants to publish.
pub(super) struct NewMessage {
    pub(super) channel: ChannelName,
    pub(super) id: MessageId,
    pub(super) payload: Payload,
}

impl Drop for Connection {
    /// However a connection ends, it is taken out everywhere.
    fn drop(&mut self) {
        let info = &self.outbound.info;
        let seconds = clock::now().since(info.opened_at).as_secs_f64();
        tracing::info!(connection = %info.connection, code = self.outbound.close_code().map(|code| code.0), seconds, "close");
        self.worker.hub.metrics.closed();
        self.worker.remove(&self.outbound);
    }
}

/// What the peer has done wrong (RFC 6455 section 7.4.1); nothing where it is just gone.
fn close_code(error: &ProtocolError) -> Option<CloseCode> {
    match error {
        ProtocolError::Overflow => Some(CloseCode::TOO_BIG),
        ProtocolError::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Some(CloseCode::INVALID_TEXT)
        }
        ProtocolError::Io(_) => None,
        _ => Some(CloseCode::PROTOCOL),
    }
}
