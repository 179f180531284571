//! Time and chance, as the browser has them.

use leptos::prelude::window;
use shared::time::Timestamp;

/// Now. Unlike `Date.now()` it never goes back while the page is open, so no deadline moves away.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time after 1970, in whole ms")]
pub(crate) fn now() -> Timestamp {
    let since_epoch = window().performance().map(|performance| performance.time_origin() + performance.now());
    Timestamp(since_epoch.unwrap_or_else(js_sys::Date::now) as u64)
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
