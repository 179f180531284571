//! Handles the messages of typed clients.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use shared::ids::{ChannelName, DisplayName, Offset, RequestId};
use shared::limits::PAGE_MESSAGES_MAX;
use shared::protocol::{
    self, ClientMessage, ErrorCode, Gap, GapReason, Hello, Limits, Position, Publish, RawPayload, Refusal,
    Renamed, Sender, Signal, SignalKind, SignalState, Subscribe, Subscribed, Welcome, codec,
};

use tokio::time::Instant;

use super::connection::{Connection, NewMessage};
use super::handler::{Refused, TextHandler};
use crate::auth::{Action, Principal};
use crate::channel::feed::Feed;
use crate::message::{ServerMessage, SignalKey, SignalTopic, page_frame, server_frame};
use crate::shard::worker::Reach;
use crate::store::PageRange;
use crate::telemetry::Event;
use crate::telemetry::event::SignalDropped;

/// How long a client should wait that has changed its name too often.
const RENAME_WAIT: Duration = Duration::from_secs(1);

/// Handles the messages of typed clients: the protocol of the `shared` crate.
pub struct Typed;

impl TextHandler for Typed {
    async fn handle(&mut self, connection: &mut Connection, text: &str) -> Result<(), Refused> {
        let message =
            codec::decode_client(text).map_err(|error| Refused { id: error.id, refusal: error.refusal })?;
        let id = request_of(&message);
        let turn = if let ClientMessage::Publish(publish) = &message { publish.turn } else { None };
        let turns = turn.map(|_| Arc::clone(connection.turns()));
        let refused = |refusal| match &turns {
            Some(turns) => Refused { id, refusal: turns.refuse(refusal) },
            None => Refused { id, refusal },
        };
        match (message, connection.outbound.info.principal()) {
            (ClientMessage::Hello(hello), None) => greet(connection, hello),
            (ClientMessage::Hello(_), Some(_)) => {
                Err(Refusal::new(ErrorCode::AlreadyGreeted, "Hello has been said on this connection."))
            }
            (_, None) => Err(Refusal::new(ErrorCode::HelloRequired, "Send hello first.")),
            (message, Some(principal)) => match handle(connection, message, principal, text.len()) {
                Ok(Some(question)) => ask(connection, question).await,
                Ok(None) => Ok(()),
                Err(refusal) => Err(refusal),
            },
        }
        .map_err(refused)
    }

    fn refuse_over_rate(&self, connection: &Connection, text: &str, refusal: Refusal) -> Refused {
        let (id, turn) = codec::request_of(text);
        let refusal = if turn.is_some() { connection.turns().refuse(refusal) } else { refusal };
        Refused { id, refusal }
    }
}

/// A request whose answer may need a read of the log.
enum Question {
    Subscribe(Subscribe, Principal),
    History { id: RequestId, channel: ChannelName, before: Option<Offset>, limit: u32 },
}

/// Handles a message without waiting. Returns the request if its answer may need a read of the log.
fn handle(
    connection: &mut Connection,
    message: ClientMessage<RawPayload>,
    principal: Principal,
    bytes: usize,
) -> Result<Option<Question>, Refusal> {
    match message {
        ClientMessage::Hello(_) => {}
        ClientMessage::Publish(Publish { id, channel, message_id, turn, payload }) => {
            let number = connection.outbound.info.connection;
            let received = Event::Received { connection: number, channel: Some(&channel), bytes };
            connection.services.events.emit(received);
            let message = NewMessage { channel, id: message_id, turn, payload, text_bytes: bytes };
            connection.publish(Some(id), message, principal)?;
        }
        ClientMessage::Subscribe(request) => {
            return Ok(Some(Question::Subscribe(request, principal)));
        }
        ClientMessage::Unsubscribe { channel } => {
            connection.services.worker.leave(&connection.outbound, &channel)
        }
        ClientMessage::History { id, channel, before, limit } => {
            connection.may(&principal, Action::ReadHistory, &channel)?;
            return Ok(Some(Question::History { id, channel, before, limit }));
        }
        ClientMessage::Presence { id, channel } => presence(connection, id, channel, &principal)?,
        ClientMessage::Rename { id, name } => rename(connection, id, name, principal)?,
        ClientMessage::Signal { channel, kind: SignalKind::Typing } => {
            signal(connection, channel, principal, SignalTopic::Typing, SignalState::Typing)?;
        }
        ClientMessage::Seen { channel, delivered, read } => {
            if delivered.is_none() && read.is_none() {
                return Err(Refusal::new(ErrorCode::MissingField, "Send “delivered” or “read”, or both."));
            }
            let topic = SignalTopic::Seen { delivered: delivered.is_some(), read: read.is_some() };
            signal(connection, channel, principal, topic, SignalState::Seen { delivered, read })?;
        }
    }
    Ok(None)
}

/// Answers a question by reading the log if necessary. The future is boxed: otherwise an idle connection would hold the memory
/// for it during its whole life.
fn ask(
    connection: &Connection,
    question: Question,
) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + '_>> {
    match question {
        Question::Subscribe(request, principal) => Box::pin(subscribe(connection, request, principal)),
        Question::History { id, channel, before, limit } => {
            Box::pin(history(connection, id, channel, before, limit))
        }
    }
}

fn greet(connection: &Connection, hello: Hello) -> Result<(), Refusal> {
    if hello.version != protocol::VERSION {
        let what = format!("This server speaks protocol version {}. Reload the page.", protocol::VERSION);
        return Err(Refusal::new(ErrorCode::UnsupportedVersion, what));
    }
    let (services, info) = (&connection.services, &connection.outbound.info);
    let (user, known_name, token) = match hello.token {
        Some(token) => {
            services.tokens.read(&token, &services.events).map(|claims| (claims.sub, claims.name, None))?
        }
        None => services.tokens.new_guest().map(|(user, token)| (user, None, Some(token)))?,
    };
    let unnamed = || DisplayName::parse(&format!("Guest {}", info.connection));
    let name = hello.name.or(known_name).map_or_else(unnamed, Ok);
    let name = name.map_err(|error| Refusal::new(ErrorCode::InvalidName, error.to_string()))?;
    let principal = Principal { sender: Sender { user: user.clone(), name: name.clone() } };
    services.registry.replace_principal(info, principal)?;
    services.events.emit(Event::Identified { connection: info.connection, user: &user });
    let settings = &services.settings;
    let limits = Limits {
        frame_bytes_max: settings.frame_bytes_max as u64,
        subscriptions_max: settings.subscriptions_max as u64,
        messages_per_second: settings.message_rate,
    };
    let (heartbeat_ms, version) = (settings.heartbeat_ms, protocol::VERSION);
    let welcome = Welcome { connection: info.connection, user, name, token, heartbeat_ms, limits, version };
    connection.outbound.reply(&ServerMessage::Welcome(welcome));
    Ok(())
}

/// Changes the name of this connection's user, also where its channels list their members.
fn rename(
    connection: &mut Connection,
    id: RequestId,
    name: DisplayName,
    principal: Principal,
) -> Result<(), Refusal> {
    // The readers of all its channels get the new name, so it is charged like a signal.
    let worker = &connection.services.worker;
    let readers =
        connection.outbound.channels().iter().map(|channel| worker.reach(channel).subscribers).sum();
    if !connection.throttle.admit_signal(readers, Instant::now()) {
        let what = "The name was changed too often. Wait a moment.";
        return Err(Refusal::for_now(ErrorCode::RateLimited, what, RENAME_WAIT));
    }
    let (services, outbound) = (&connection.services, &connection.outbound);
    let sender = Sender { name: name.clone(), ..principal.sender };
    services.registry.replace_principal(&outbound.info, Principal { sender: sender.clone() })?;
    services.worker.rename(outbound, &sender);
    outbound.reply(&ServerMessage::Renamed(Renamed { id, name }));
    Ok(())
}

async fn subscribe(connection: &Connection, request: Subscribe, principal: Principal) -> Result<(), Refusal> {
    let Subscribe { id, channel, since } = request;
    let policy = connection.may(&principal, Action::Subscribe, &channel)?;
    let (worker, outbound) = (&connection.services.worker, &connection.outbound);
    let most = connection.services.settings.subscriptions_max;
    let again = outbound.is_subscribed(&channel);
    if !again && outbound.subscription_count() >= most {
        let what = format!("This connection has {most} subscriptions. That is the maximum.");
        return Err(Refusal::new(ErrorCode::TooManySubscriptions, what));
    }
    let feed = worker.feed(&channel, policy.history).await.map_err(|error| error.refusal())?;
    if since.is_some_and(|since| feed.head().is_some_and(|head| since.offset > head)) {
        // This worker may be behind the one that the client comes from. Read the head from the log before the client counts as
        // `ahead`.
        worker.learn_head(&feed).await.map_err(|error| error.refusal())?;
    }
    // Compute the floor after the head is known: without history, a channel with an empty ring begins at its head.
    let floor = floor(connection, &feed, since).await?;
    let head = feed.head().unwrap_or_default();
    let (cursor, gap) = begin(since, &feed, head, floor);
    let position = Position { epoch: feed.epoch, offset: cursor };
    let subscribed = Subscribed { id, channel: channel.clone(), position, head, gap };
    let answer = server_frame(&ServerMessage::Subscribed(subscribed));
    outbound.subscribe(feed, id, cursor, Some(answer));
    if !again {
        worker.join(outbound, &channel, policy);
    }
    Ok(())
}

/// Returns the offset before the oldest available message. Skips the lookup if the exact value does not affect the answer.
async fn floor(connection: &Connection, feed: &Rc<Feed>, since: Option<Position>) -> Result<Offset, Refusal> {
    let ring = feed.ring_floor();
    match since {
        None => Ok(Offset::START),
        Some(since) if ring.is_some_and(|floor| floor <= since.offset) && since.epoch == feed.epoch => {
            Ok(ring.unwrap_or_default())
        }
        Some(_) if feed.history => {
            connection.services.worker.floor(feed).await.map_err(|error| error.refusal())
        }
        Some(_) => Ok(ring.or(feed.head()).unwrap_or_default()),
    }
}

/// Returns the cursor at which a subscription begins, and the gap if messages after `since` are no longer available.
fn begin(since: Option<Position>, feed: &Feed, head: Offset, floor: Offset) -> (Offset, Option<Gap>) {
    let gap = |reason| (floor, Some(Gap { oldest: Offset(floor.0 + 1), reason }));
    match since {
        None => (head, None),
        Some(since) if since.epoch != feed.epoch => gap(GapReason::Epoch),
        Some(since) if since.offset > head => gap(GapReason::Ahead),
        Some(since) if since.offset < floor => gap(GapReason::Trimmed),
        Some(since) => (since.offset, None),
    }
}

async fn history(
    connection: &Connection,
    id: RequestId,
    channel: ChannelName,
    before: Option<Offset>,
    limit: u32,
) -> Result<(), Refusal> {
    let limit = limit.clamp(1, PAGE_MESSAGES_MAX);
    let page = connection.services.reads.page(&channel, PageRange::Before(before), limit).await;
    let page = page.map_err(|error| error.refusal())?;
    connection.outbound.reply_frame(page_frame(id, &page.messages, page.more));
    Ok(())
}

fn presence(
    connection: &Connection,
    id: RequestId,
    channel: ChannelName,
    principal: &Principal,
) -> Result<(), Refusal> {
    connection.may(principal, Action::SeeMembers, &channel)?;
    let members = connection.services.worker.presence().members_frame(Some(id), &channel);
    connection.outbound.reply_frame(members);
    Ok(())
}

/// Relays a signal to the other subscribers. Signals are not stored.
///
/// A signal is fanned out like a message, so it needs the same permission, and it is charged by the number of recipients. A
/// signal that exceeds the rate is dropped, because a later one replaces it.
fn signal(
    connection: &mut Connection,
    channel: ChannelName,
    principal: Principal,
    topic: SignalTopic,
    state: SignalState,
) -> Result<(), Refusal> {
    if !connection.outbound.is_subscribed(&channel) {
        return Err(Refusal::new(ErrorCode::NotSubscribed, "Subscribe to the channel first."));
    }
    connection.may(&principal, Action::Signal, &channel)?;
    let Reach { subscribers, head } = connection.services.worker.reach(&channel);
    if !connection.throttle.admit_signal(subscribers, Instant::now()) {
        connection.services.events.emit(Event::SignalDropped(SignalDropped::TooMany));
        return Ok(());
    }
    let outbound = &connection.outbound;
    let (state, from) = (up_to(state, head), principal.sender);
    let key = SignalKey { channel: channel.clone(), user: from.user.clone(), topic };
    let signal = ServerMessage::Signal(Signal { channel, from, state });
    connection.services.mailboxes.relay(&key, &server_frame(&signal), Some(outbound.info.connection));
    Ok(())
}

/// Limits the offsets of a `seen` signal to the head of the channel.
fn up_to(state: SignalState, head: Option<Offset>) -> SignalState {
    let bound = |offset: Option<Offset>| offset.map(|offset| head.map_or(offset, |head| offset.min(head)));
    match state {
        SignalState::Seen { delivered, read } => {
            SignalState::Seen { delivered: bound(delivered), read: bound(read) }
        }
        SignalState::Typing | SignalState::Unknown => state,
    }
}

/// Returns the id of a request, so that a refusal can name it.
fn request_of(message: &ClientMessage<RawPayload>) -> Option<RequestId> {
    match message {
        ClientMessage::Subscribe(Subscribe { id, .. })
        | ClientMessage::Publish(Publish { id, .. })
        | ClientMessage::History { id, .. }
        | ClientMessage::Presence { id, .. }
        | ClientMessage::Rename { id, .. } => Some(*id),
        ClientMessage::Hello(_)
        | ClientMessage::Unsubscribe { .. }
        | ClientMessage::Signal { .. }
        | ClientMessage::Seen { .. } => None,
    }
}
