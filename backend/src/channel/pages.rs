//! What the log had for readers that are behind: read and encoded once for all of a worker's who stand at the same place.
//! When a server has been away, everybody comes back at once, and nearly all to the same messages.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use shared::ids::{ChannelName, Offset};
use tokio::sync::OnceCell;

use crate::message::Frame;
use crate::store::{LogError, LogReads, Run};

/// Most messages of a page; [`RUN_BYTES_MAX`](crate::store::RUN_BYTES_MAX) may end it sooner.
const PAGE_MESSAGES_MAX: u32 = 100;

/// Most bytes of the pages that a worker keeps for who comes next.
pub const PAGES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The messages after an offset, in a row. What has been logged does not change, so a page stays true; but others may come
/// after its last.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) frames: Vec<Arc<Frame>>,
}

impl Page {
    fn new(run: Run) -> Self {
        let frame = |message| Arc::new(Frame::new(message, None));
        Self { frames: run.messages.into_iter().map(frame).collect() }
    }

    fn bytes(&self) -> usize {
        self.frames.iter().map(|frame| frame.bytes()).sum()
    }
}

/// A channel, and the offset after which a page begins.
type Place = (ChannelName, Offset);

/// The pages of one worker.
#[derive(Debug, Default)]
pub struct Pages {
    held: RefCell<Held>,
    /// Whether somebody has asked since the last sweep.
    asked: Cell<bool>,
}

#[derive(Debug, Default)]
struct Held {
    /// Those that are kept, and those that are being read.
    by_place: HashMap<Place, Rc<OnceCell<Rc<Page>>>>,
    /// Those that are kept, the oldest first, with the bytes of each.
    kept: VecDeque<(Place, usize)>,
    bytes: usize,
}

impl Pages {
    /// What comes after an offset; nothing where that is all.
    ///
    /// # Errors
    /// [`LogError`].
    pub(crate) async fn after(
        &self,
        reads: &LogReads,
        channel: &ChannelName,
        after: Offset,
    ) -> Result<Rc<Page>, LogError> {
        self.asked.set(true);
        let place = (channel.clone(), after);
        let cell = Rc::clone(self.held.borrow_mut().by_place.entry(place.clone()).or_default());
        let read = async || {
            let run = reads.read(channel, after, PAGE_MESSAGES_MAX).await;
            let page = run.map(|run| Rc::new(Page::new(run)));
            self.held.borrow_mut().end_read(place, page.as_deref().ok());
            page
        };
        // Who comes while it is being read waits for it.
        cell.get_or_try_init(read).await.cloned()
    }

    /// Returns the bytes of the pages that are kept.
    pub fn bytes(&self) -> usize {
        self.held.borrow().bytes
    }

    /// Lets all go that are kept, where nobody has asked since the last time.
    pub(crate) fn sweep(&self) {
        if !self.asked.replace(false) {
            self.held.borrow_mut().shrink_to(0);
        }
    }
}

impl Held {
    /// Keeps what has been read, if it is something.
    fn end_read(&mut self, place: Place, page: Option<&Page>) {
        match page {
            Some(page) if !page.frames.is_empty() => {
                self.bytes += page.bytes();
                self.kept.push_back((place, page.bytes()));
                self.shrink_to(PAGES_BYTES_MAX);
            }
            // More may come there, and a log that has failed may be well again.
            Some(_) | None => drop(self.by_place.remove(&place)),
        }
    }

    fn shrink_to(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max
            && let Some((place, bytes)) = self.kept.pop_front()
        {
            self.by_place.remove(&place);
            self.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use shared::protocol::{Payload, RawPayload};
    use tokio::task::{LocalSet, spawn_local};

    use super::*;
    use crate::config::Durability;
    use crate::store::conformance::chat;
    use crate::store::sqlite::SqliteLog;
    use crate::store::{Append, Log, Offload, Threads};

    /// Counts what is read.
    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Offload for Counter {
        fn run(&self, job: Box<dyn FnOnce() + Send>) {
            self.0.fetch_add(1, Ordering::Relaxed);
            Threads.run(job);
        }
    }

    struct Shelf {
        log: Arc<SqliteLog>,
        reads: LogReads,
        counter: Arc<Counter>,
        pages: Rc<Pages>,
        _folder: tempfile::TempDir,
    }

    impl Shelf {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let log = SqliteLog::open(&folder.path().join("log.db"), Durability::Normal).unwrap();
            let (log, counter) = (Arc::new(log), Arc::new(Counter::default()));
            let reads =
                LogReads::new(Arc::clone(&log) as Arc<dyn Log>, Arc::clone(&counter) as Arc<dyn Offload>);
            Self { log, reads, counter, pages: Rc::default(), _folder: folder }
        }

        fn publish(&self, numbers: std::ops::Range<u8>, text_bytes: usize) {
            let payload = RawPayload::from(&Payload::chat("x".repeat(text_bytes)));
            let append = |number| Append { payload: payload.clone(), ..chat("room:lobby", number) };
            self.log.append(&numbers.map(append).collect::<Vec<_>>()).unwrap();
        }

        async fn after(&self, offset: u64) -> Rc<Page> {
            let channel = ChannelName::parse("room:lobby").unwrap();
            self.pages.after(&self.reads, &channel, Offset(offset)).await.unwrap()
        }

        fn times_read(&self) -> usize {
            self.counter.0.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn all_who_stand_at_one_place_share_a_read_and_its_frames() {
        let shelf = Rc::new(Shelf::new());
        shelf.publish(0..3, 5);
        let together = LocalSet::new();
        together
            .run_until(async {
                let ask = |_| {
                    spawn_local({
                        let shelf = Rc::clone(&shelf);
                        async move { shelf.after(0).await }
                    })
                };
                let asked: Vec<_> = (0..1000).map(ask).collect();
                let first = shelf.after(0).await;
                assert_eq!(first.frames.iter().map(|frame| frame.offset.0).collect::<Vec<_>>(), [1, 2, 3]);
                for page in asked {
                    assert!(Rc::ptr_eq(&page.await.unwrap(), &first));
                }
            })
            .await;
        assert_eq!(shelf.times_read(), 1);
        assert_eq!(shelf.after(2).await.frames.len(), 1, "another place has a page of its own");
    }

    #[tokio::test]
    async fn what_comes_later_is_found_at_a_place_where_nothing_was() {
        let shelf = Shelf::new();
        assert!(shelf.after(0).await.frames.is_empty());
        shelf.publish(0..1, 5);
        assert_eq!(shelf.after(0).await.frames.len(), 1);
        assert_eq!(shelf.times_read(), 2);
    }

    #[tokio::test]
    async fn pages_keep_to_their_limit_and_go_when_nobody_asks() {
        let shelf = Shelf::new();
        shelf.publish(0..200, 16 * 1024);
        // Each page holds about 64 KiB: more places than there is room for.
        for offset in 0..150 {
            shelf.after(offset).await;
        }
        let held = |what: fn(&Held) -> usize| what(&shelf.pages.held.borrow());
        let (bytes, places) = (held(|held| held.bytes), held(|held| held.by_place.len()));
        assert!(bytes <= PAGES_BYTES_MAX && bytes > PAGES_BYTES_MAX / 2, "{bytes} bytes");
        assert_eq!(places, held(|held| held.kept.len()), "nothing is left of those that had to go");
        shelf.after(149).await;
        shelf.after(0).await;
        assert_eq!(shelf.times_read(), 151, "the newest are kept, the oldest is read again");

        shelf.pages.sweep();
        assert!(held(|held| held.bytes) > 0, "somebody has asked since the last sweep");
        shelf.pages.sweep();
        assert_eq!((held(|held| held.bytes), held(|held| held.by_place.len())), (0, 0));
    }
}
