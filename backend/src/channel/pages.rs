//! Pages of the log for subscribers that are behind. A page is read and encoded once for all subscribers of a worker
//! that read at the same offset. After a server restart all clients come back at once, and nearly all need the same
//! messages.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use shared::ids::{ChannelName, Offset};
use tokio::sync::OnceCell;

use crate::message::EncodedMessage;
use crate::store::{LogError, LogReads, Run};

/// Maximum number of messages of a page. [`RUN_BYTES_MAX`](crate::store::RUN_BYTES_MAX) may end it sooner.
const PAGE_MESSAGES_MAX: u32 = 100;

/// Maximum number of bytes of the pages that a worker caches. At the limit the oldest pages are dropped.
pub const PAGES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Consecutive messages after an offset. Logged messages do not change, so a cached page stays valid, but it may not
/// contain the newest messages.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) messages: Vec<Arc<EncodedMessage>>,
}

impl Page {
    fn new(run: Run) -> Self {
        let encode = |message| Arc::new(EncodedMessage::new(message, None));
        Self { messages: run.messages.into_iter().map(encode).collect() }
    }

    fn bytes(&self) -> usize {
        self.messages.iter().map(|message| message.bytes()).sum()
    }
}

/// A channel, and the offset after which a page starts.
type PageStart = (ChannelName, Offset);

/// The page cache of one worker.
#[derive(Debug, Default)]
pub struct Pages {
    cache: RefCell<PageCache>,
    /// Whether a page was requested since the last sweep.
    requested: Cell<bool>,
}

#[derive(Debug, Default)]
struct PageCache {
    /// The cached pages, and the pages that are being read.
    by_start: HashMap<PageStart, Rc<OnceCell<Rc<Page>>>>,
    /// The cached pages, oldest first, with the bytes of each.
    kept: VecDeque<(PageStart, usize)>,
    bytes: usize,
}

impl Pages {
    /// Returns the messages after an offset. The page is empty if there are none.
    ///
    /// # Errors
    /// [`LogError`] if the log cannot be read.
    pub(crate) async fn after(
        &self,
        reads: &LogReads,
        channel: &ChannelName,
        after: Offset,
    ) -> Result<Rc<Page>, LogError> {
        self.requested.set(true);
        let start = (channel.clone(), after);
        let cell = Rc::clone(self.cache.borrow_mut().by_start.entry(start.clone()).or_default());
        let read = async || {
            let run = reads.read(channel, after, PAGE_MESSAGES_MAX).await;
            let page = run.map(|run| Rc::new(Page::new(run)));
            self.cache.borrow_mut().finish_read(start, page.as_deref().ok());
            page
        };
        // Concurrent callers wait for the read that is in progress.
        cell.get_or_try_init(read).await.cloned()
    }

    /// Number of bytes of the cached pages.
    pub fn bytes(&self) -> usize {
        self.cache.borrow().bytes
    }

    /// Drops all cached pages if no page was requested since the last sweep.
    pub(crate) fn sweep(&self) {
        if !self.requested.replace(false) {
            self.cache.borrow_mut().shrink_to(0);
        }
    }
}

impl PageCache {
    /// Caches a page that has been read. Empty pages and errors are not cached.
    fn finish_read(&mut self, start: PageStart, page: Option<&Page>) {
        match page {
            Some(page) if !page.messages.is_empty() => {
                self.bytes += page.bytes();
                self.kept.push_back((start, page.bytes()));
                self.shrink_to(PAGES_BYTES_MAX);
            }
            // Messages may be added there later, and a log that failed may work again.
            Some(_) | None => drop(self.by_start.remove(&start)),
        }
    }

    fn shrink_to(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max
            && let Some((start, bytes)) = self.kept.pop_front()
        {
            self.by_start.remove(&start);
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
    use crate::store::conformance::{AtOnce as _, chat};
    use crate::store::sqlite::SqliteLog;
    use crate::store::{Append, Log, Offload, Threads};

    /// Counts the reads.
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
    async fn subscribers_at_one_offset_share_a_read_and_its_messages() {
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
                assert_eq!(
                    first.messages.iter().map(|message| message.offset.0).collect::<Vec<_>>(),
                    [1, 2, 3]
                );
                for page in asked {
                    assert!(Rc::ptr_eq(&page.await.unwrap(), &first));
                }
            })
            .await;
        assert_eq!(shelf.times_read(), 1);
        assert_eq!(shelf.after(2).await.messages.len(), 1, "another offset has its own page");
    }

    #[tokio::test]
    async fn an_empty_page_is_not_cached() {
        let shelf = Shelf::new();
        assert!(shelf.after(0).await.messages.is_empty());
        shelf.publish(0..1, 5);
        assert_eq!(shelf.after(0).await.messages.len(), 1);
        assert_eq!(shelf.times_read(), 2);
    }

    #[tokio::test]
    async fn pages_stay_within_their_limit_and_are_dropped_when_unused() {
        let shelf = Shelf::new();
        shelf.publish(0..200, 16 * 1024);
        // Each page holds about 64 KiB, so these are more pages than fit.
        for offset in 0..150 {
            shelf.after(offset).await;
        }
        let cache = |what: fn(&PageCache) -> usize| what(&shelf.pages.cache.borrow());
        let (bytes, starts) = (cache(|cache| cache.bytes), cache(|cache| cache.by_start.len()));
        assert!(bytes <= PAGES_BYTES_MAX && bytes > PAGES_BYTES_MAX / 2, "{bytes} bytes");
        assert_eq!(starts, cache(|cache| cache.kept.len()), "dropped pages leave no entry");
        shelf.after(149).await;
        shelf.after(0).await;
        assert_eq!(shelf.times_read(), 151, "the newest page is cached, the oldest is read again");

        shelf.pages.sweep();
        assert!(cache(|cache| cache.bytes) > 0, "a page was requested since the last sweep");
        shelf.pages.sweep();
        assert_eq!((cache(|cache| cache.bytes), cache(|cache| cache.by_start.len())), (0, 0));
    }
}
