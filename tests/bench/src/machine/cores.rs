//! One core for the server under test, another for the generator.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores that this process may use.
pub fn allowed() -> Vec<usize> {
    let set = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect()
}

/// Which core is whose.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    /// The server's.
    pub server: usize,
    /// The generator's.
    pub generator: usize,
}

impl Cores {
    /// The first for the server and the last for the generator; nothing where there is only one.
    pub fn find() -> Option<Self> {
        match allowed().as_slice() {
            [server, .., generator] => Some(Self { server: *server, generator: *generator }),
            _ => None,
        }
    }

    /// Moves this thread to the generator's core.
    pub fn take_own(self) {
        move_to(self.generator);
    }

    /// Does something on the server's core: a process started there stays there, with all its threads.
    pub fn on_the_servers<T>(self, work: impl FnOnce() -> T) -> T {
        move_to(self.server);
        let result = work();
        move_to(self.generator);
        result
    }
}

fn move_to(core: usize) {
    let mut set = CpuSet::new();
    set.set(core);
    // If the system does not allow it, the figures vary more, but are not wrong.
    let _ = sched_setaffinity(None, &set);
}
