//! How much of one client is handled before the worker's other tasks run.

/// Maximum number of frames that are handled in a row.
pub(super) const FRAMES_IN_A_ROW_MAX: u32 = 32;

/// Maximum bytes that are handled in a row. The frame that exceeds it is still handled.
pub(super) const BYTES_IN_A_ROW_MAX: usize = 64 * 1024;

/// What a client has left of its turn on the worker.
#[derive(Debug, Default)]
pub(super) struct Budget {
    frames: u32,
    bytes: usize,
}

impl Budget {
    /// Counts one frame. Returns true if the budget is spent; it is then full again.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        self.frames += 1;
        self.bytes += bytes;
        let spent = self.frames >= FRAMES_IN_A_ROW_MAX || self.bytes >= BYTES_IN_A_ROW_MAX;
        if spent {
            *self = Self::default();
        }
        spent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_spent_by_frames_or_by_bytes_and_then_full_again() {
        let mut budget = Budget::default();
        for _ in 0..2 {
            assert!((1..FRAMES_IN_A_ROW_MAX).all(|_| !budget.spend(0)));
            assert!(budget.spend(0));
            assert!(!budget.spend(BYTES_IN_A_ROW_MAX - 1));
            assert!(budget.spend(1));
        }
    }
}
