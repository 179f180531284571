//! The rules for the events of a client's session.

use shared::ids::{ChannelName, MessageId, Offset};
use shared::protocol::{ErrorCode, Gap, GapReason, Message, Position, Refusal};
use shared::session::{Delivery, Event, Status};

use super::{Broken, Model, Reader, Truth, may_read};

impl Model {
    /// Checks an event of a client's session.
    pub(crate) fn event(&mut self, client: usize, event: &Event) -> Result<(), Broken> {
        let user = self.users[client].clone();
        match event {
            Event::Subscribed { channel, position, head, gap } => self
                .subscribed(client, channel, *position, *head, *gap)
                .map_err(|broken| format!("{user}: {broken}")),
            Event::Message(message) => {
                self.delivered += 1;
                self.message(client, message).map_err(|broken| format!("{user}: {broken}"))
            }
            Event::Delivery { channel, message_id, delivery } => self
                .delivery(client, channel, *message_id, delivery)
                .map_err(|broken| format!("{user}: {broken}")),
            Event::Page { channel, messages, .. } => {
                self.page(channel, messages).map_err(|broken| format!("{user}: {broken}"))
            }
            Event::SubscribeRefused { channel, refusal } => {
                hold!(
                    !may_read(&user, channel) && refusal.code == ErrorCode::Forbidden,
                    "{user} may read {channel}, and was refused with {refusal:?}"
                );
                self.readers[client].remove(channel);
                Ok(())
            }
            Event::HistoryRefused { channel, refusal, .. } => {
                let off = channel.namespace() == "live";
                let expected = !may_read(&user, channel) || off || refusal.code == ErrorCode::OutboxFull;
                hold!(
                    expected,
                    "{user} asked for the history of {channel}, and was refused with {refusal:?}"
                );
                Ok(())
            }
            Event::Status(Status::Ended { code, reason }) => {
                Err(format!("{user} was disconnected permanently: {code:?} {reason}"))
            }
            Event::Status(_)
            | Event::Welcomed { .. }
            | Event::Renamed { .. }
            | Event::Push(_)
            | Event::Signal(_)
            | Event::Presence { .. }
            | Event::Refused(_) => Ok(()),
        }
    }

    fn subscribed(
        &mut self,
        client: usize,
        channel: &ChannelName,
        position: Position,
        head: Offset,
        gap: Option<Gap>,
    ) -> Result<(), Broken> {
        let live = channel.namespace() == "live";
        hold!(may_read(&self.users[client], channel), "{channel} may not be read");
        let Some(reader) = self.readers[client].get_mut(channel) else {
            return Err(format!("{channel} has no subscription"));
        };
        let truth = self.truths.get(&(channel.clone(), position.epoch.0)).cloned().unwrap_or_default();
        hold!(head.0 <= truth.head, "the head {head} of {channel} is beyond the truth {}", truth.head);
        hold!(
            position.offset.0 <= truth.head,
            "{position:?} in {channel} is beyond the truth {}",
            truth.head
        );
        let before = reader.position.replace(position);
        match (before, gap) {
            (None, None) => {}
            (None, Some(gap)) => return Err(format!("{gap:?} in {channel}, before any position was known")),
            (Some(before), None) => {
                hold!(before == position, "{channel} continues at {position:?} and not at {before:?}");
            }
            (Some(before), Some(gap)) => {
                self.gaps += 1;
                let forward = before.epoch != position.epoch || position.offset > before.offset;
                // Kept messages have to be delivered; only those that were never kept may be missing.
                let lost = live || position.offset.0 <= truth.floor;
                let legal = match gap.reason {
                    GapReason::Trimmed => before.epoch == position.epoch && forward && lost,
                    GapReason::Epoch => before.epoch != position.epoch && lost,
                    GapReason::Ahead => false,
                    GapReason::Unknown => forward && self.disturbed[client].contains(channel),
                };
                hold!(
                    legal,
                    "{gap:?} in {channel} from {before:?} to {position:?}, though its floor is {}",
                    truth.floor
                );
            }
        }
        Ok(())
    }

    fn message(&mut self, client: usize, message: &Message) -> Result<(), Broken> {
        let (channel, offset) = (&message.channel, message.offset);
        hold!(may_read(&self.users[client], channel), "{channel} may not be read");
        let Some(Reader { position: Some(position) }) = self.readers[client].get_mut(channel) else {
            return Err(format!("a message of {channel} without a subscription"));
        };
        let Some(truth) = self.truths.get(&(channel.clone(), position.epoch.0)) else {
            return Err(format!("{offset} of {channel} in a log that never existed: {position:?}"));
        };
        let Some(true_message) = truth.messages.get(&offset.0) else {
            return Err(format!("{offset} of {channel} is not in the log"));
        };
        hold!(true_message == message, "{offset} of {channel} differs from the log: {message:?}");
        hold!(offset > position.offset, "{offset} of {channel} after {}", position.offset);
        let missed = truth.messages.range(position.offset.0 + 1..offset.0).next();
        if let Some((missed, _)) = missed {
            return Err(format!("{offset} of {channel} after {}, without {missed}", position.offset));
        }
        position.offset = offset;
        Ok(())
    }

    fn delivery(
        &mut self,
        client: usize,
        channel: &ChannelName,
        id: MessageId,
        delivery: &Delivery,
    ) -> Result<(), Broken> {
        if let Delivery::Accepted { offset } = delivery {
            self.check_acknowledged(channel, id, *offset)?;
        }
        let Some(sent) = self.sent[client].get_mut(&id) else { return Err(format!("{id} was never sent")) };
        hold!(sent.channel == *channel, "{id} was sent to {}, not {channel}", sent.channel);
        let before = sent.delivery.replace(delivery.clone());
        let forward = match (&before, delivery) {
            (None | Some(Delivery::Failed { .. }), Delivery::Local) => true,
            (None, Delivery::Failed { refusal }) => refusal.code == ErrorCode::OutboxFull,
            (Some(Delivery::Local), Delivery::Accepted { .. }) => sent.allowed && sent.fits,
            (Some(Delivery::Local), Delivery::Failed { refusal }) if !sent.fits => {
                refusal.code == ErrorCode::PayloadTooLarge
            }
            (Some(Delivery::Local), Delivery::Failed { refusal }) => !sent.allowed && for_good(refusal),
            (None | Some(_), _) => false,
        };
        hold!(forward, "{id} in {channel} goes from {before:?} to {delivery:?}");
        Ok(())
    }

    fn page(&self, channel: &ChannelName, messages: &[Message]) -> Result<(), Broken> {
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Ok(()) };
        let in_truth = |truth: &Truth| {
            let part = truth.messages.range(first.offset.0..=last.offset.0.max(first.offset.0));
            part.map(|(_, message)| message).eq(messages)
        };
        let mut incarnations = self.truths.iter().filter(|((name, _), _)| name == channel);
        hold!(
            incarnations.any(|(_, truth)| in_truth(truth)),
            "a page of {channel} is not a piece of its log"
        );
        Ok(())
    }
}

fn for_good(refusal: &Refusal) -> bool {
    refusal.retry_after_ms.is_none() && refusal.code == ErrorCode::Forbidden
}
