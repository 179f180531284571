//! Time and chance, as the browser has them.

use std::cell::Cell;

use leptos::prelude::window;
use shared::time::Timestamp;

thread_local! {
    /// How long the machine has slept while the page was open, as far as [`catch_up`] knows, in milliseconds.
    static SLEPT_MS: Cell<f64> = const { Cell::new(0.0) };
}

/// The clocks of a machine that was awake differ by less, in milliseconds.
const SLEEP_MS_MIN: f64 = 1_000.0;

/// Now. Unlike `Date.now()` it never goes back while the page is open, so no deadline moves away.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time after 1970, in whole ms")]
pub(crate) fn now() -> Timestamp {
    Timestamp(now_ms() as u64)
}

/// Adds the time that the machine has slept. Most browsers stop `performance.now()` meanwhile, except on Windows
/// (<https://github.com/w3c/hr-time/issues/115>): without this, a connection that died in the night would count as heard a
/// moment ago. To be called when the machine may have woken up.
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

/// A number that no other page has.
pub(crate) fn seed() -> u64 {
    let mut bytes = [0; 8];
    if let Ok(crypto) = window().crypto() {
        // Refused only beyond 65,536 bytes.
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    u64::from_le_bytes(bytes)
}
