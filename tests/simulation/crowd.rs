//! A crowd that sends as much as it can in every way that the protocol has, and does not read. The other clients beside
//! it lose nothing, and the server's memory for all of them stays within its limits at every moment.

use std::rc::{Rc, Weak};

use backend::channel::pages::PAGES_BYTES_MAX;
use backend::connection::outbound::Outbound;
use backend::connection::replies::{Backlog, REPLIES_BYTES_MAX, REPLIES_MAX, UNANSWERED_BYTES_MAX};
use backend::sequencer::capacity::{QUEUE_BYTES_MAX, QUEUE_PUBLICATIONS_MAX};
use backend::sequencer::publication::{Publication, ReplyTo};
use backend::store::{Append, Appended, RUN_BYTES_MAX};
use shared::ids::{ChannelName, MessageId};
use shared::limits::{DATA_DEPTH_MAX, FRAME_BYTES_MAX, PAYLOAD_BYTES_MAX, PAYLOAD_NODES_MAX};
use shared::protocol::{ErrorCode, Message, Payload, RawPayload, Refusal};
use tokio::sync::oneshot;

use crate::model::Broken;
use crate::network::{Link, Up};
use crate::server::Server;
use crate::world::{Event, World};

/// Number of the crowd's connections.
pub(crate) const CROWD: usize = 3;

/// The token of its user, signed with the secret of the simulated server: `{"sub":"mal"}`.
const TOKEN: &str =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYWwifQ.PFOkcnFnVbUR7kuLbsOBsQGS1n35gaest7FuXAYgmS0";

/// The channel for most of it. No honest client subscribes to it.
const NOISE: &str = "room:noise";

/// The name of a payload that must be refused.
const REFUSED: &str = "refused";

/// Size of a large text in bytes: its payload is just below the limit.
const LARGE_BYTES: usize = PAYLOAD_BYTES_MAX - 1024;

/// Depth of a payload that is nested too deep, but not so deep that the JSON parser gives up (128).
const DEEP_LEVELS: usize = DATA_DEPTH_MAX + 10;

/// Maximum size that one reply can add above the limit: a page of history, which ends with the message that exceeds a
/// run, and the frame around each message.
const PAGE_BYTES: usize = RUN_BYTES_MAX + PAYLOAD_BYTES_MAX + 200 * 512;

/// One of the crowd.
#[derive(Default)]
pub(crate) struct Intruder {
    pub(crate) link: Option<Rc<Link>>,
    requests: u64,
}

/// An API call without a retry.
pub(crate) struct Flood {
    append: (ChannelName, MessageId),
    answer: oneshot::Receiver<Result<Appended, Refusal>>,
}

impl World {
    /// Returns the index of a link's client in the crowd, if it is in it.
    pub(crate) fn intruder(&self, link: &Link) -> Option<usize> {
        link.client.checked_sub(self.clients.len())
    }

    /// Sends many messages of one kind from one of the crowd.
    pub(crate) fn intrude(&mut self) {
        let index = usize::try_from(self.ether.below(CROWD as u64)).unwrap();
        if !self.open_intruder(index) {
            return;
        }
        let kind = self.ether.below(7);
        let count = if kind < 2 { self.ether.within(1..=40) } else { self.ether.within(1..=12) };
        for _ in 0..count {
            let text = self.intruders_text(index, kind);
            if let Some(link) = &self.intruders[index].link {
                link.send(Up::Text(text));
            }
        }
    }

    /// Returns whether it has a connection; opens one if it has none.
    fn open_intruder(&mut self, index: usize) -> bool {
        if self.intruders[index].link.is_some() {
            return true;
        }
        let worker = usize::try_from(self.ether.below(self.profile.workers as u64)).unwrap();
        let is_well = |server: &&mut Server| !server.stopping && server.died.is_none();
        let Some(server) = self.server.as_mut().filter(is_well) else { return false };
        let link = Link::new(&self.ether, self.clients.len() + index, 20_000);
        if !server.accept(&link, worker) {
            return false;
        }
        link.send(Up::Text(format!(r#"{{"type":"hello","version":1,"token":"{TOKEN}"}}"#)));
        for (id, channel) in [(1, NOISE), (2, self.profile.channels[0].as_str())] {
            link.send(Up::Text(format!(r#"{{"type":"subscribe","id":{id},"channel":"{channel}"}}"#)));
        }
        self.intruders[index] = Intruder { link: Some(link), requests: 2 };
        true
    }

    fn intruders_text(&mut self, index: usize, kind: u64) -> String {
        self.intruders[index].requests += 1;
        let (id, message_id) = (self.intruders[index].requests, self.message_id());
        let channel = if self.ether.chance(900) { NOISE } else { self.profile.channels[0].as_str() };
        let custom =
            |name: &str, data: String| format!(r#"{{"type":"custom","name":"{name}","data":{data}}}"#);
        let payload = match kind {
            0 => r#"{"type":"chat","text":"x"}"#.to_owned(),
            1 => custom("large", format!("\"{}\"", "x".repeat(LARGE_BYTES))),
            2 => custom(REFUSED, format!("\"{}\"", "x".repeat(PAYLOAD_BYTES_MAX))),
            3 => custom(REFUSED, format!("[{}0]", "0,".repeat(PAYLOAD_NODES_MAX))),
            4 => custom(REFUSED, format!("{}{}", "[".repeat(DEEP_LEVELS), "]".repeat(DEEP_LEVELS))),
            5 => return format!(r#"{{"type":"history","id":{id},"channel":"{NOISE}","limit":200}}"#),
            _ => return "no JSON".to_owned(),
        };
        format!(
            r#"{{"type":"publish","id":{id},"channel":"{channel}","message_id":"{message_id}","payload":{payload}}}"#
        )
    }

    /// Publishes more by the API than one transaction takes, as large or as many messages, while a client sends
    /// several.
    pub(crate) fn flood(&mut self, client: usize) -> Result<(), Broken> {
        let large = self.ether.chance(500);
        let count = if large { self.ether.within(40..=80) } else { self.ether.within(1_030..=1_200) };
        self.queue_many(count, if large { (1, LARGE_BYTES) } else { (1, 100) })?;
        if self.asleep(client).is_none() {
            (0..self.ether.within(2..=20)).try_for_each(|_| self.publish(client))?;
        }
        Ok(())
    }

    /// Fills the log's queue; then the disk is full for a while, or the server is killed.
    pub(crate) fn fill(&mut self) -> Result<(), Broken> {
        let most = (QUEUE_BYTES_MAX / LARGE_BYTES) as u64 + 2;
        let refused = self.queue_many(most, (LARGE_BYTES, LARGE_BYTES))?;
        let is_open = |server: &Server| server.can_write() && !server.stopping;
        if self.server.as_ref().is_some_and(is_open) && refused.is_none() {
            return Err(format!("a queue takes {most} messages of {LARGE_BYTES} bytes"));
        }
        if self.ether.chance(500) {
            self.crash();
        } else {
            self.disk.set_full(true);
            self.ether.after(self.ether.within(3_000..=6_000), Event::DiskFree);
        }
        Ok(())
    }

    /// Publishes by the API without waiting, texts of a size between these. Returns the first refusal.
    fn queue_many(&mut self, count: u64, bytes: (usize, usize)) -> Result<Option<Refusal>, Broken> {
        let (mut queued, mut first) = (0, None);
        let payload = |bytes: usize| {
            let data = "x".repeat(bytes).into();
            RawPayload::from(&Payload::Custom { name: "flood".to_owned(), data })
        };
        let (least, most) = bytes;
        let largest = payload(most);
        for _ in 0..count {
            let mut append = self.system_append(ChannelName::parse(NOISE).unwrap());
            append.payload = if least == most {
                largest.clone()
            } else {
                payload(usize::try_from(self.ether.within(least as u64..=most as u64)).unwrap())
            };
            let (id, bytes) = (append.id, append.bytes());
            match self.queue_one(append) {
                Some(Ok(())) => {
                    queued += bytes;
                    self.model.flood(id);
                }
                Some(Err(refusal)) => {
                    let known = [ErrorCode::Overloaded, ErrorCode::Stopping].contains(&refusal.code);
                    if !known || refusal.retry_after_ms.is_none() {
                        return Err(format!("a full queue refuses with {refusal:?}"));
                    }
                    first.get_or_insert(refusal);
                }
                None => return Ok(first),
            }
        }
        if queued > QUEUE_BYTES_MAX {
            return Err(format!("a queue of {QUEUE_BYTES_MAX} bytes has taken {queued}"));
        }
        self.ether.note(|| format!("{queued} bytes are queued with the key, then {first:?}"));
        Ok(first)
    }

    fn queue_one(&mut self, append: Append) -> Option<Result<(), Refusal>> {
        let server = self.server.as_ref().filter(|server| !server.stopping)?;
        let (caller, answer) = oneshot::channel();
        let flood = Flood { append: (append.channel.clone(), append.id), answer };
        let queued =
            server.core.publisher.log().append(Publication { append, reply: ReplyTo::Caller(caller) });
        if queued.is_ok() {
            self.floods.push(flood);
        }
        Some(queued)
    }

    /// Compares the answers to the callers with the log.
    pub(crate) fn poll_floods(&mut self) -> Result<(), Broken> {
        let mut told = Vec::new();
        self.floods.retain_mut(|Flood { append, answer }| match answer.try_recv() {
            Ok(Ok(Appended::Accepted { offset, .. } | Appended::Duplicate { offset })) => {
                told.push((append.clone(), offset));
                false
            }
            Ok(Err(_)) | Err(oneshot::error::TryRecvError::Closed) => false,
            Err(oneshot::error::TryRecvError::Empty) => true,
        });
        told.into_iter()
            .try_for_each(|((channel, id), offset)| self.model.check_acknowledged(&channel, id, offset))
    }

    /// Disconnects the crowd.
    pub(crate) fn disperse(&mut self) {
        for intruder in &mut self.intruders {
            if let Some(link) = intruder.link.take() {
                link.go_silent();
                link.break_for_server();
            }
        }
    }
}

/// Returns whether the server may accept a message.
pub(crate) fn check_taken(message: &Message) -> Result<(), Broken> {
    match &message.payload {
        Payload::Custom { name, .. } if name == REFUSED => {
            Err(format!("{} of {} should have been refused", message.offset, message.channel))
        }
        _ => Ok(()),
    }
}

/// Checks the server's memory for its clients against the limits.
pub(crate) fn check_limits(server: &Server, outbounds: &[Weak<Outbound>]) -> Result<(), Broken> {
    let (publications, bytes) = server.core.publisher.log().waiting();
    if publications > QUEUE_PUBLICATIONS_MAX || bytes > QUEUE_BYTES_MAX {
        return Err(format!("{publications} publications of {bytes} bytes wait for the log"));
    }
    for outbound in outbounds.iter().filter_map(Weak::upgrade) {
        let backlog = outbound.backlog();
        let Backlog { replies, reply_bytes, unanswered, unanswered_bytes, page_bytes } = backlog;
        let within = replies + unanswered <= REPLIES_MAX + 32
            && reply_bytes <= REPLIES_BYTES_MAX + PAGE_BYTES
            && unanswered_bytes <= UNANSWERED_BYTES_MAX + FRAME_BYTES_MAX
            && page_bytes <= 2 * PAGE_BYTES;
        if !within {
            return Err(format!("the server holds too much for {}: {backlog:?}", outbound.info.connection));
        }
    }
    match server.page_bytes() {
        bytes if bytes > PAGES_BYTES_MAX => Err(format!("a worker keeps {bytes} bytes of pages")),
        _ => Ok(()),
    }
}
