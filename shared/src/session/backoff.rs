//! How long to wait before the next attempt.

use std::time::Duration;

/// Maximum of the first wait, in milliseconds. It doubles with each failed attempt.
pub(super) const BACKOFF_FIRST_MS: u64 = 500;

/// Maximum of every wait, in milliseconds.
pub(super) const BACKOFF_MAX_MS: u64 = 20_000;

/// Returns an exponential backoff with full jitter: a random wait between zero and a maximum that doubles. Thousands of
/// clients that lose the same server then connect spread over the whole time, not all at its end.
pub(super) fn wait(attempt: u32, random: &mut fastrand::Rng) -> Duration {
    let doubled = BACKOFF_FIRST_MS.saturating_mul(1 << attempt.min(16));
    Duration::from_millis(random.u64(0..=doubled.min(BACKOFF_MAX_MS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn waits_use_the_whole_range_and_never_more() {
        let mut random = fastrand::Rng::with_seed(7);
        for (attempt, bound) in [(0, BACKOFF_FIRST_MS), (3, 8 * BACKOFF_FIRST_MS), (40, BACKOFF_MAX_MS)] {
            let waits: Vec<u64> =
                (0..1000).map(|_| u64::try_from(wait(attempt, &mut random).as_millis()).unwrap()).collect();
            assert!(waits.iter().all(|&ms| ms <= bound));
            assert!(waits.iter().any(|&ms| ms < bound / 10), "attempt {attempt} never has a short wait");
            assert!(waits.iter().any(|&ms| ms > bound * 9 / 10), "attempt {attempt} never has a long wait");
        }
    }
}
