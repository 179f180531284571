//! Counts how often a character is read, for the test of the cost.

#[cfg(test)]
thread_local! {
    pub(super) static TAKEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts one character. Does nothing outside of tests.
pub(super) fn count() {
    #[cfg(test)]
    TAKEN.set(TAKEN.get() + 1);
}
