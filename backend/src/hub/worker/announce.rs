//! Hands changes of presence from the board to the readers of this worker. What changes during a pause is announced in one
//! piece, so a rush of joins costs each reader a few writes and not one for each.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Worker;
use crate::hub::feed::Feed;
use crate::hub::presence::News;
use crate::hub::registry::Mode;

/// Pause between two rounds of announcements. The first change after a quiet time is announced at once.
const PAUSE: Duration = Duration::from_millis(50);

/// Maximum number of members that are removed, and of readers that are told, before the worker's other tasks run.
const SLICE_MAX: usize = 512;

/// Announces changes for as long as the worker lives. The first worker also removes members that are gone.
pub(super) async fn run(worker: Rc<Worker>) {
    let presence = &worker.hub.presence;
    let mut sweeps = interval(worker.tick_length());
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = sweeps.tick(), if worker.index == 0 => {
                let grace = worker.hub.settings.presence_grace();
                while presence.sweep(grace, SLICE_MAX) == SLICE_MAX {
                    tokio::task::yield_now().await;
                }
            }
            () = presence.changed(worker.index) => {}
        }
        worker.announce().await;
        tokio::time::sleep(PAUSE).await;
    }
}

impl Worker {
    async fn announce(&self) {
        for channel in self.hub.presence.take_unannounced(self.index) {
            let Some(feed) = self.feeds.borrow().get(&channel).cloned() else { continue };
            if feed.reader_count() == 0 {
                // The next to come here asks for the members anyway.
                feed.set_presence(None);
                continue;
            }
            let news = feed.presence().and_then(|since| self.hub.presence.news(&channel, since));
            if let Some(news) = news {
                tell(&feed, &news).await;
            }
        }
    }
}

async fn tell(feed: &Feed, news: &News) {
    // First: a reader that comes meanwhile may have a key that has been passed, and its list has this version.
    feed.set_presence(Some(news.version));
    let mut next = Some(0);
    while let Some(key) = next {
        next = feed.readers(key, SLICE_MAX, |reader| {
            if reader.outbound.info.mode == Mode::Typed {
                reader.outbound.signal_presence(&feed.channel, news.changes.clone());
            }
        });
        tokio::task::yield_now().await;
    }
}
