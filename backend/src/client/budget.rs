//! How much of one client is handled before the worker's other tasks run.

/// Maximum number of frames that are handled in a row.
pub(super) const FRAMES_IN_A_ROW_MAX: u32 = 32;

/// Maximum bytes that are handled in a row. The frame that reaches it is still handled.
pub(super) const BYTES_IN_A_ROW_MAX: usize = 64 * 1024;

/// A message of this many bytes or more takes a worker about as long as a hundred small ones.
pub(super) const LARGE_BYTES_MIN: usize = 16 * 1024;

/// What one client may still send before the worker's other tasks run.
#[derive(Debug, Default)]
pub(super) struct Budget {
    frames: u32,
    bytes: usize,
}

/// What follows a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// More frames may be handled in a row.
    Continue,
    /// The worker's other tasks run first.
    Yield,
    /// The frame is large. Only a few large frames, of all clients together, are handled before other tasks run.
    YieldLarge,
}

impl Budget {
    /// Counts one frame. After a yield the budget is full again.
    pub(super) fn spend(&mut self, bytes: usize) -> Next {
        self.frames += 1;
        self.bytes += bytes;
        let is_large = bytes >= LARGE_BYTES_MIN;
        if !is_large && self.frames < FRAMES_IN_A_ROW_MAX && self.bytes < BYTES_IN_A_ROW_MAX {
            return Next::Continue;
        }
        *self = Self::default();
        if is_large { Next::YieldLarge } else { Next::Yield }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_spent_by_frames_or_by_bytes_and_then_full_again() {
        let mut budget = Budget::default();
        for _ in 0..2 {
            assert!((1..FRAMES_IN_A_ROW_MAX).all(|_| budget.spend(0) == Next::Continue));
            assert_eq!(budget.spend(0), Next::Yield);
            let most_small = LARGE_BYTES_MIN - 1;
            let fitting = (BYTES_IN_A_ROW_MAX - 1) / most_small;
            assert!((0..fitting).all(|_| budget.spend(most_small) == Next::Continue));
            assert_eq!(budget.spend(BYTES_IN_A_ROW_MAX - fitting * most_small), Next::Yield);
            assert_eq!(budget.spend(LARGE_BYTES_MIN), Next::YieldLarge);
        }
    }
}
