//! Publications on their way from a worker to the log thread.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use shared::protocol::Refusal;

use crate::sequencer::publication::Publication;
use crate::sequencer::queue::{HANDOVER_PUBLICATIONS_MAX, LogQueue, Queued};

/// From this many bytes on, publications are handed over before the event loop's iteration ends.
const HANDOVER_BYTES_MAX: usize = 256 * 1024;

/// Hands the publications of all connections of one iteration to the log thread at once, because waking that thread
/// costs as much as its work for one publication.
pub(super) struct Handover {
    queue: LogQueue,
    waiting: RefCell<Vec<Queued>>,
    /// The bytes of these.
    bytes: Cell<usize>,
    /// Wakes the task that hands over.
    waker: OnceCell<Waker>,
}

impl Handover {
    /// Starts the task that hands over, on this thread.
    pub(super) fn start(queue: LogQueue) -> Rc<Self> {
        let (waiting, bytes, waker) = (RefCell::default(), Cell::default(), OnceCell::new());
        let handover = Rc::new(Self { queue, waiting, bytes, waker });
        let this = Rc::clone(&handover);
        actix_web::rt::spawn(poll_fn(move |context| {
            this.waker.get_or_init(|| context.waker().clone());
            this.hand_over(&mut this.waiting.borrow_mut());
            Poll::<()>::Pending
        }));
        handover
    }

    /// Queues a publication.
    ///
    /// # Errors
    /// A [`Refusal`] if the queue is full.
    pub(super) fn add(&self, publication: Publication) -> Result<(), Refusal> {
        let queued = self.queue.enter(publication)?;
        let mut waiting = self.waiting.borrow_mut();
        self.bytes.set(self.bytes.get() + queued.bytes());
        waiting.push(queued);
        match waiting.len() {
            _ if self.bytes.get() >= HANDOVER_BYTES_MAX => self.hand_over(&mut waiting),
            // The woken task runs after the connections that are ready to read now.
            1 => self.waker.get().into_iter().for_each(Waker::wake_by_ref),
            HANDOVER_PUBLICATIONS_MAX => self.hand_over(&mut waiting),
            _ => {}
        }
        Ok(())
    }

    fn hand_over(&self, waiting: &mut Vec<Queued>) {
        if !waiting.is_empty() {
            self.bytes.set(0);
            self.queue.hand_over(std::mem::take(waiting));
        }
    }
}
