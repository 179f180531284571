//! The browser's clock and random numbers.

use std::cell::Cell;

use leptos::prelude::window;
use shared::time::Timestamp;

thread_local! {
    /// How long the machine has slept since the app was opened, in milliseconds, as measured by [`catch_up`].
    static SLEPT_MS: Cell<f64> = const { Cell::new(0.0) };
}

/// Minimum difference of the two clocks, in milliseconds, that counts as sleep. It is less while the machine is awake.
const SLEEP_MS_MIN: f64 = 1_000.0;

/// Returns the current time. Unlike `Date.now()` it never goes back while the app is open, so no deadline moves away.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time after 1970, in whole ms")]
pub(crate) fn now() -> Timestamp {
    Timestamp(now_ms() as u64)
}

/// Adds the time that the machine has slept. Call it when the machine may have woken up.
///
/// Most browsers stop `performance.now()` during sleep, except on Windows (<https://github.com/w3c/hr-time/issues/115>).
/// Without this, a connection that died at night would look alive in the morning.
pub(crate) fn catch_up() {
    let slept = js_sys::Date::now() - now_ms();
    if slept > SLEEP_MS_MIN {
        SLEPT_MS.set(SLEPT_MS.get() + slept);
    }
}

fn now_ms() -> f64 {
    let since_epoch = window().performance().map(|performance| performance.time_origin() + performance.now());
    since_epoch.unwrap_or_else(js_sys::Date::now) + SLEPT_MS.get()
}

/// Returns a random number, so that no other tab has the same.
pub(crate) fn seed() -> u64 {
    let mut bytes = [0; 8];
    if let Ok(crypto) = window().crypto() {
        // Fails only for more than 65,536 bytes.
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    u64::from_le_bytes(bytes)
}
