//! Keeps what many want at once from holding up the others.

use tokio::sync::Semaphore;

/// How many pass at a time. Each takes some tenths of a millisecond at most.
const PASSING_MAX: usize = 4;

/// The gates of a worker, one for each thing that many may want at once: who waits for the disk holds up nobody else.
#[derive(Debug, Default)]
pub struct Gates {
    /// For those who open a connection.
    pub openings: Gate,
    /// For those who are given a page of the log.
    pub pages: Gate,
    /// For those who have sent a large message, which takes long to read.
    pub messages: Gate,
    /// For those who have more to write than goes out at once.
    pub writes: Gate,
}

/// Lets some through at a time. Before more pass, the runtime looks at all sockets: it would not do so for some sixty tasks,
/// nor have the worker's mailbox emptied before all of those who wait were served.
#[derive(Debug)]
pub struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(PASSING_MAX))
    }
}

impl Gate {
    /// Does some work when it is its turn. What waits for a client does not belong into it.
    pub async fn pass<T>(&self, work: impl Future<Output = T>) -> T {
        // Nobody closes it.
        let _permit = self.0.acquire().await.ok();
        let done = work.await;
        // A task that yields goes on when the sockets have been looked at.
        tokio::task::yield_now().await;
        done
    }
}

#[cfg(test)]
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
    async fn only_so_many_pass_at_a_time() {
        let gate = Gate::default();
        let mut passing: Vec<_> = (0..PASSING_MAX).map(|_| Box::pin(gate.pass(pending::<()>()))).collect();
        for work in &mut passing {
            assert!(work.now_or_never().is_none());
        }
        let came = Cell::new(false);
        let mut next = Box::pin(gate.pass(async { came.set(true) }));
        assert!((&mut next).now_or_never().is_none());
        assert!(!came.get(), "one more waits");
        passing.pop();
        next.await;
        assert!(came.get());
    }

    /// How many of a crowd have passed when a socket is heard that had something to say from the beginning.
    async fn passed_before_a_socket_is_heard() -> usize {
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
    fn all_sockets_are_looked_at_before_more_pass() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let passed = LocalSet::new().block_on(&runtime, passed_before_a_socket_is_heard());
        assert!(passed <= 2 * PASSING_MAX, "{passed} had passed");
    }
}
