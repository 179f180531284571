//! One core for the server under test, another for the generator.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores that this process may use.
pub fn allowed() -> Vec<usize> {
    let set = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect()
}

/// The assignment of cores.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    /// Core of the server.
    pub server: usize,
    /// Core of the generator.
    pub generator: usize,
}

impl Cores {
    /// Assigns the first core to the server and the last to the generator. `None` if there is only one core.
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

    /// Calls `work` on the server's core. A process that it starts stays there, with all its threads.
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
