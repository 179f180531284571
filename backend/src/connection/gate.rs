//! Gates that limit how many tasks of one kind run between two polls of the sockets.

use tokio::sync::Semaphore;

/// Maximum number of tasks inside a gate. Each needs some tenths of a millisecond at most.
const PASSING_MAX: usize = 4;

/// The gates of a worker, one per kind of work, so that tasks that wait for the disk delay no other kind.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    /// For tasks that open a connection.
    pub(crate) openings: Gate,
    /// For tasks that read a page of the log.
    pub pages: Gate,
    /// For tasks that decode a large message, which takes long.
    pub messages: Gate,
    /// For connections that have more to write than goes out at once.
    pub writes: Gate,
}

/// Admits at most [`PASSING_MAX`] tasks and yields before the next. tokio polls IO only every 61 tasks; without the
/// yield a burst would delay socket reads and the worker's mailbox until all its tasks had run.
#[derive(Debug)]
pub(crate) struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(PASSING_MAX))
    }
}

impl Gate {
    /// Runs `work` when the gate admits it. `work` must not wait for a client, because it would block the gate.
    pub(crate) async fn pass<T>(&self, work: impl Future<Output = T>) -> T {
        // The semaphore is never closed.
        let _permit = self.0.acquire().await.ok();
        let done = work.await;
        // tokio resumes a task that yields after it has polled the sockets.
        tokio::task::yield_now().await;
        done
    }
}

// The test of the sockets needs a pair of them that is readable from the start, which Unix has.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;
    use std::io::Write as _;
    use std::rc::Rc;

    use futures_util::FutureExt as _;
    use tokio::net::UnixStream;
    use tokio::task::{LocalSet, spawn_local};

    use super::*;

    #[tokio::test]
    async fn a_gate_admits_a_limited_number_of_tasks() {
        let gate = Gate::default();
        let mut passing: Vec<_> = (0..PASSING_MAX).map(|_| Box::pin(gate.pass(pending::<()>()))).collect();
        for work in &mut passing {
            assert!(work.now_or_never().is_none());
        }
        let has_passed = Cell::new(false);
        let mut next = Box::pin(gate.pass(async { has_passed.set(true) }));
        assert!((&mut next).now_or_never().is_none());
        assert!(!has_passed.get(), "one more task waits");
        passing.pop();
        next.await;
        assert!(has_passed.get());
    }

    /// Returns how many of 40 tasks have passed the gate when the runtime reports a socket that was readable from the
    /// start.
    async fn passed_before_a_socket_is_readable() -> usize {
        const CROWD: usize = 40;
        let (mut speaker, listener) = std::os::unix::net::UnixStream::pair().unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = UnixStream::from_std(listener).unwrap();
        speaker.write_all(b"here").unwrap();
        let (gate, passed) = (Rc::new(Gate::default()), Rc::new(Cell::new(0)));
        for _ in 0..CROWD {
            let (gate, passed) = (Rc::clone(&gate), Rc::clone(&passed));
            spawn_local(async move { gate.pass(async { passed.set(passed.get() + 1) }).await });
        }
        spawn_local(async move {
            listener.readable().await.unwrap();
            passed.get()
        })
        .await
        .unwrap()
    }

    #[test]
    fn sockets_are_polled_before_more_tasks_pass() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let passed = LocalSet::new().block_on(&runtime, passed_before_a_socket_is_readable());
        assert!(passed <= 2 * PASSING_MAX, "{passed} tasks had passed");
    }
}
