//! The browser's clock and random numbers.

use std::cell::Cell;

use leptos::prelude::window;
use shared::time::Timestamp;

use crate::core::clock::WakefulClock;

thread_local! {
    static CLOCK: Cell<WakefulClock> = const { Cell::new(WakefulClock::new()) };
}

/// Returns the current time. Unlike `Date.now()` it never goes back while the app is open, so no deadline moves away.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time after 1970, in whole ms")]
pub(crate) fn now() -> Timestamp {
    Timestamp(now_ms() as u64)
}

/// Adds the time that the machine has slept. Call it when the machine may have woken up. Without this, a connection that died
/// at night would look alive in the morning.
pub(crate) fn catch_up() {
    let mut clock = CLOCK.get();
    clock.catch_up(monotonic_ms(), js_sys::Date::now());
    CLOCK.set(clock);
}

fn now_ms() -> f64 {
    CLOCK.get().now_ms(monotonic_ms())
}

fn monotonic_ms() -> f64 {
    let since_epoch = window().performance().map(|performance| performance.time_origin() + performance.now());
    since_epoch.unwrap_or_else(js_sys::Date::now)
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
