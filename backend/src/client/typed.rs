//! What the server does with each message of a typed client.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use shared::ids::{ChannelName, Offset, RequestId};
use shared::limits::PAGE_MESSAGES_MAX;
use shared::protocol::{
    self, ClientMessage, ErrorCode, Gap, GapReason, Hello, Limits, Position, Publish, RawPayload, Refusal,
    Sender, Signal, SignalKind, SignalState, Subscribe, Subscribed, Welcome, codec,
};

use tokio::time::Instant;

use super::connection::{Connection, NewMessage, Refused, Speaker};
use crate::auth::{Action, Principal};
use crate::channel::feed::Feed;
use crate::config::Policy;
use crate::message::{ServerMessage, SignalKey, SignalKind, page_frame, server_frame};
use crate::shard::worker::Reach;

/// Speaks the protocol of the `shared` crate.
pub struct Typed;

impl Speaker for Typed {
    async fn text(&mut self, connection: &mut Connection, text: &str) -> Result<(), Refused> {
        let message =
            codec::decode_client(text).map_err(|error| Refused { id: error.id, refusal: error.refusal })?;
        let id = request_of(&message);
        let turn = if let ClientMessage::Publish(publish) = &message { publish.turn } else { None };
        let turns = turn.map(|_| Arc::clone(connection.turns()));
        let refused = |refusal| match &turns {
            Some(turns) => Refused { id, refusal: turns.refuse(refusal) },
            None => Refused { id, refusal },
        };
        let from = connection.outbound.info.identity().cloned();
        match (message, from) {
            (ClientMessage::Hello(hello), None) => greet(connection, hello),
            (ClientMessage::Hello(_), Some(_)) => {
                Err(Refusal::new(ErrorCode::AlreadyGreeted, "Hello has been said on this connection."))
            }
            (_, None) => Err(Refusal::new(ErrorCode::HelloRequired, "Say hello first.")),
            (message, Some(from)) => match handle(connection, message, from, text.len()) {
                Ok(Some(question)) => ask(connection, question).await,
                Ok(None) => Ok(()),
                Err(refusal) => Err(refusal),
            },
        }
        .map_err(refused)
    }

    fn over_rate(&self, connection: &Connection, text: &str, refusal: Refusal) -> Refused {
        let (id, turn) = codec::request_of(text);
        let refusal = if turn.is_some() { connection.turns().refuse(refusal) } else { refusal };
        Refused { id, refusal }
    }
}

/// What the log may have to be asked for, before there is an answer.
enum Question {
    Subscribe(Subscribe, Sender),
    History { id: RequestId, channel: ChannelName, before: Option<Offset>, limit: u32 },
}

/// Does at once what can be done at once, and returns the rest.
fn handle(
    connection: &mut Connection,
    message: ClientMessage<RawPayload>,
    from: Sender,
    bytes: usize,
) -> Result<Option<Question>, Refusal> {
    match message {
        ClientMessage::Hello(_) => {}
        ClientMessage::Publish(Publish { id, channel, message_id, turn, payload }) => {
            let number = connection.outbound.info.connection;
            tracing::info!(target: "tidings::message", connection = %number, %channel, bytes, "message");
            let message = NewMessage { channel, id: message_id, turn, payload, text_bytes: bytes };
            connection.publish(Some(id), message, from)?;
        }
        ClientMessage::Subscribe(request) => {
            return Ok(Some(Question::Subscribe(request, from)));
        }
        ClientMessage::Unsubscribe { channel } => {
            connection.services.worker.leave(&connection.outbound, &channel)
        }
        ClientMessage::History { id, channel, before, limit } => {
            may(connection, &from, Action::ReadHistory, &channel)?;
            return Ok(Some(Question::History { id, channel, before, limit }));
        }
        ClientMessage::Presence { id, channel } => presence(connection, id, channel, &from)?,
        ClientMessage::Signal { channel, kind: SignalKind::Typing } => {
            signal(connection, channel, from, SignalKind::Typing, SignalState::Typing)?;
        }
        ClientMessage::Seen { channel, delivered, read } => {
            if delivered.is_none() && read.is_none() {
                return Err(Refusal::new(ErrorCode::MissingField, "Say delivered or read, or both."));
            }
            let kind = SignalKind::Seen { delivered: delivered.is_some(), read: read.is_some() };
            signal(connection, channel, from, kind, SignalState::Seen { delivered, read })?;
        }
    }
    Ok(None)
}

/// Has the log asked. In a box: an idle connection would else hold the memory for it as long as it lives.
fn ask(
    connection: &Connection,
    question: Question,
) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + '_>> {
    match question {
        Question::Subscribe(request, from) => Box::pin(subscribe(connection, request, from)),
        Question::History { id, channel, before, limit } => {
            Box::pin(history(connection, id, channel, before, limit))
        }
    }
}

fn greet(connection: &Connection, hello: Hello) -> Result<(), Refusal> {
    if hello.version != protocol::VERSION {
        let what = format!(
            "This server speaks version {}; the page may have to be loaded again.",
            protocol::VERSION
        );
        return Err(Refusal::new(ErrorCode::UnsupportedVersion, what));
    }
    let (services, info) = (&connection.services, &connection.outbound.info);
    let (user, known_name, token) = match hello.token {
        Some(token) => services.tokens.read(&token).map(|claims| (claims.sub, claims.name, None))?,
        None => services.tokens.new_guest().map(|(user, token)| (user, None, Some(token)))?,
    };
    let unnamed = || shared::ids::DisplayName::parse(&format!("Guest {}", info.connection));
    let name = hello.name.or(known_name).map_or_else(unnamed, Ok);
    let name = name.map_err(|error| Refusal::new(ErrorCode::InvalidName, error.to_string()))?;
    services.registry.identify(info, Sender { user: user.clone(), name: name.clone() });
    tracing::info!(connection = %info.connection, %user, "hello");
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

async fn subscribe(connection: &Connection, request: Subscribe, from: Sender) -> Result<(), Refusal> {
    let Subscribe { id, channel, since } = request;
    let policy = may(connection, &from, Action::Subscribe, &channel)?;
    let (worker, outbound) = (&connection.services.worker, &connection.outbound);
    let most = connection.services.settings.subscriptions_max;
    let again = outbound.is_subscribed(&channel);
    if !again && outbound.subscription_count() >= most {
        let what = format!("This connection follows {most} channels already; more are not allowed.");
        return Err(Refusal::new(ErrorCode::TooManySubscriptions, what));
    }
    let feed = worker.feed(&channel, policy.history).await.map_err(|error| error.refusal())?;
    if since.is_some_and(|since| feed.head().is_some_and(|head| since.offset > head)) {
        // A client that comes from a quicker worker is not ahead of the log.
        worker.learn_head(&feed).await.map_err(|error| error.refusal())?;
    }
    // Only now: without history, a channel whose ring is empty begins at its head.
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

/// The offset before the oldest message that can still be had, where the answer matters.
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

/// Where a subscription begins, and what its reader has missed for good.
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
    let page = connection.services.reads.page(&channel, before, limit).await;
    let page = page.map_err(|error| error.refusal())?;
    connection.outbound.reply_frame(page_frame(id, &page.messages, page.more));
    Ok(())
}

fn presence(
    connection: &Connection,
    id: RequestId,
    channel: ChannelName,
    from: &Sender,
) -> Result<(), Refusal> {
    may(connection, from, Action::SeeMembers, &channel)?;
    let members = connection.services.worker.presence().members_frame(Some(id), &channel);
    connection.outbound.reply_frame(members);
    Ok(())
}

/// Tells the other subscribers something that is true only now.
///
/// A signal fans out as a message does, so it needs the same right, and it is paid for by the number of clients that are
/// told. One that cannot be paid for is dropped: a later one says the same.
fn signal(
    connection: &mut Connection,
    channel: ChannelName,
    from: Sender,
    kind: SignalKind,
    state: SignalState,
) -> Result<(), Refusal> {
    if !connection.outbound.is_subscribed(&channel) {
        return Err(Refusal::new(ErrorCode::NotSubscribed, "Subscribe to the channel first."));
    }
    may(connection, &from, Action::Signal, &channel)?;
    let Reach { subscribers, head } = connection.services.worker.reach(&channel);
    if !connection.throttle.admit_signal(subscribers, Instant::now()) {
        return Ok(());
    }
    let outbound = &connection.outbound;
    let state = up_to(state, head);
    let key = SignalKey { channel: channel.clone(), user: from.user.clone(), kind };
    let signal = ServerMessage::Signal(Signal { channel, from, state });
    connection.services.mailboxes.relay(&key, &server_frame(&signal), Some(outbound.info.connection));
    Ok(())
}

/// Nobody has seen what is not there yet.
fn up_to(state: SignalState, head: Option<Offset>) -> SignalState {
    let bound = |offset: Option<Offset>| offset.map(|offset| head.map_or(offset, |head| offset.min(head)));
    match state {
        SignalState::Seen { delivered, read } => {
            SignalState::Seen { delivered: bound(delivered), read: bound(read) }
        }
        SignalState::Typing | SignalState::Unknown => state,
    }
}

fn may<'a>(
    connection: &'a Connection,
    from: &Sender,
    action: Action,
    channel: &ChannelName,
) -> Result<&'a Policy, Refusal> {
    connection.services.permissions.may(Principal::User(&from.user), action, channel)
}

/// The number of a request, so that a refusal can name it.
fn request_of(message: &ClientMessage<RawPayload>) -> Option<RequestId> {
    match message {
        ClientMessage::Subscribe(Subscribe { id, .. })
        | ClientMessage::Publish(Publish { id, .. })
        | ClientMessage::History { id, .. }
        | ClientMessage::Presence { id, .. } => Some(*id),
        ClientMessage::Hello(_)
        | ClientMessage::Unsubscribe { .. }
        | ClientMessage::Signal { .. }
        | ClientMessage::Seen { .. } => None,
    }
}
