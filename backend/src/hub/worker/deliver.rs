//! From the mailbox to the connections: what has come since the last turn is delivered in one.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use shared::ids::ChannelName;

use super::Worker;
use crate::hub::fanout::{Answer, Batch, News};
use crate::hub::feed::Feed;
use crate::hub::frame::{Joined, server_frame, text_frame};
use crate::hub::outbound::Outbound;

/// How many readers are told before the worker's other tasks have a turn: about two milliseconds of writing.
const READERS_A_TURN: usize = 512;

/// What is new in a channel that somebody reads here.
struct Delivery {
    feed: Rc<Feed>,
    joined: Option<Joined>,
}

impl Worker {
    /// Hands batches to those they are for: to a connection that has nothing else to do at once, to all others when that
    /// is through, so that each is written to once.
    pub(super) async fn deliver(&self, batches: &[Arc<Batch>]) {
        let mut later: Vec<_> =
            batches.iter().flat_map(|batch| self.queue_answers(batch.answers.get(self.index))).collect();
        let deliveries = self.take_news(batches);
        let (only, mut told) = (deliveries.len() == 1, 0);
        for Delivery { feed, joined } in &deliveries {
            let mut from = Some(0);
            while let Some(key) = from {
                from = feed.readers(key, READERS_A_TURN, |outbound, slot| {
                    let now = joined.as_ref().is_some_and(|joined| outbound.send_now(slot, joined, only));
                    if !now && outbound.mark(slot) {
                        later.push(Rc::clone(outbound));
                    }
                    told += 1;
                });
                if told >= READERS_A_TURN {
                    told = 0;
                    tokio::task::yield_now().await;
                }
            }
        }
        later.iter().for_each(Outbound::flush);
    }

    /// Queues the answers for this worker's publishers. Returns those who are to be flushed.
    fn queue_answers(&self, answers: Option<&Vec<Answer>>) -> impl Iterator<Item = Rc<Outbound>> {
        answers.into_iter().flatten().filter_map(|answer| {
            let outbound = self.connection(answer.connection)?;
            outbound.settle();
            match (answer.message(), &answer.result) {
                (Some(message), _) => outbound.reply_later(server_frame(&message)),
                (None, Err(refusal)) => {
                    outbound.reply_later(text_frame(format!("Tidings: {}", refusal.message)));
                }
                (None, Ok(_)) => {}
            }
            Some(outbound)
        })
    }

    /// Puts what is new into the feeds.
    fn take_news(&self, batches: &[Arc<Batch>]) -> Vec<Delivery> {
        let mut feeds = self.feeds.borrow_mut();
        let (mut order, mut of_channel) = (Vec::new(), HashMap::<&ChannelName, Vec<&News>>::new());
        for news in batches.iter().flat_map(|batch| &batch.channels) {
            let Some(feed) = feeds.get(&news.channel).cloned() else { continue };
            feeds.take(&feed, &news.frames);
            let all = of_channel.entry(&news.channel).or_default();
            if all.is_empty() {
                order.push((&news.channel, feed));
            }
            all.push(news);
        }
        let delivery = |(channel, feed): (&ChannelName, Rc<Feed>)| {
            let news = of_channel.get(channel).into_iter().flatten();
            let parts: Option<Vec<Joined>> = news.map(|news| news.joined.clone()).collect();
            Delivery { feed, joined: parts.and_then(Joined::concat) }
        };
        order.into_iter().map(delivery).collect()
    }
}
