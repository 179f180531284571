//! How much of one client is handled before the worker's other tasks run.

/// Maximum number of frames that are handled in a row.
pub(super) const FRAMES_IN_A_ROW_MAX: u32 = 32;

/// Maximum bytes that are handled in a row. The frame that reaches it is still handled.
pub(super) const BYTES_IN_A_ROW_MAX: usize = 64 * 1024;

/// A message of this many bytes or more takes a worker about as long as a hundred small ones.
pub(super) const LARGE_BYTES_MIN: usize = 16 * 1024;

/// What a client has left of its turn on the worker.
#[derive(Debug, Default)]
pub(super) struct Budget {
    frames: u32,
    bytes: usize,
}

/// What a frame makes of its client's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// More may be handled in a row.
    GoesOn,
    /// The others' tasks run first.
    Ends,
    /// The frame is large: few of them are handled before the others' tasks run, whoever sent them.
    EndsLarge,
}

impl Budget {
    /// Counts one frame. Where the turn ends, the budget is full again.
    pub(super) fn spend(&mut self, bytes: usize) -> Turn {
        self.frames += 1;
        self.bytes += bytes;
        let is_large = bytes >= LARGE_BYTES_MIN;
        if !is_large && self.frames < FRAMES_IN_A_ROW_MAX && self.bytes < BYTES_IN_A_ROW_MAX {
            return Turn::GoesOn;
        }
        *self = Self::default();
        if is_large { Turn::EndsLarge } else { Turn::Ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_spent_by_frames_or_by_bytes_and_then_full_again() {
        let mut budget = Budget::default();
        for _ in 0..2 {
            assert!((1..FRAMES_IN_A_ROW_MAX).all(|_| budget.spend(0) == Turn::GoesOn));
            assert_eq!(budget.spend(0), Turn::Ends);
            let most_small = LARGE_BYTES_MIN - 1;
            let fitting = (BYTES_IN_A_ROW_MAX - 1) / most_small;
            assert!((0..fitting).all(|_| budget.spend(most_small) == Turn::GoesOn));
            assert_eq!(budget.spend(BYTES_IN_A_ROW_MAX - fitting * most_small), Turn::Ends);
            assert_eq!(budget.spend(LARGE_BYTES_MIN), Turn::EndsLarge);
        }
    }
}
