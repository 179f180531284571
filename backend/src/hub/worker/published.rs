//! What a worker's connections have published in one turn.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use shared::protocol::Refusal;

use crate::log::publication::Publication;
use crate::log::thread::{HANDOVER_PUBLICATIONS_MAX, LogQueue, Queued};

/// From so many bytes on, publications are handed over before the turn ends.
const HANDOVER_BYTES_MAX: usize = 256 * 1024;

/// What is still to be handed over to the log thread. It gets what all connections have published in one turn at once: to
/// wake it costs as much as what it does for one of them.
pub(super) struct Published {
    queue: LogQueue,
    turn: RefCell<Vec<Queued>>,
    /// The bytes of these.
    bytes: Cell<usize>,
    /// Wakes the task that hands over.
    waker: OnceCell<Waker>,
}

impl Published {
    /// Nothing yet, on this thread.
    pub(super) fn start(queue: LogQueue) -> Rc<Self> {
        let (turn, bytes, waker) = (RefCell::default(), Cell::default(), OnceCell::new());
        let published = Rc::new(Self { queue, turn, bytes, waker });
        let this = Rc::clone(&published);
        actix_web::rt::spawn(poll_fn(move |context| {
            this.waker.get_or_init(|| context.waker().clone());
            this.hand_over(&mut this.turn.borrow_mut());
            Poll::<()>::Pending
        }));
        published
    }

    /// Queues a publication.
    ///
    /// # Errors
    /// A [`Refusal`] where the queue takes no more.
    pub(super) fn add(&self, publication: Publication) -> Result<(), Refusal> {
        let queued = self.queue.enter(publication)?;
        let mut turn = self.turn.borrow_mut();
        self.bytes.set(self.bytes.get() + queued.bytes());
        turn.push(queued);
        match turn.len() {
            _ if self.bytes.get() >= HANDOVER_BYTES_MAX => self.hand_over(&mut turn),
            // The task's turn comes after those who are about to read now.
            1 => self.waker.get().into_iter().for_each(Waker::wake_by_ref),
            HANDOVER_PUBLICATIONS_MAX => self.hand_over(&mut turn),
            _ => {}
        }
        Ok(())
    }

    fn hand_over(&self, turn: &mut Vec<Queued>) {
        if !turn.is_empty() {
            self.bytes.set(0);
            self.queue.hand_over(std::mem::take(turn));
        }
    }
}
