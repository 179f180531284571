//! Times on the reader's clock and in the reader's language.

use std::cell::RefCell;

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use shared::time::Timestamp;
use wasm_bindgen::prelude::JsValue;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

thread_local! {
    // To make a format takes a hundred times as long as to use it.
    static TIME: Function = format(&[("hour", "2-digit"), ("minute", "2-digit")]);
    static DAY: Function = format(&[("weekday", "long"), ("day", "numeric"), ("month", "long")]);
}

fn format(options: &[(&str, &str)]) -> Function {
    let object = Object::new();
    for (name, value) in options {
        // Fails on frozen objects alone.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    Intl::DateTimeFormat::new(&Array::new(), &object).format()
}

fn date(at: Timestamp) -> Date {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds stay below 2^53 for 285,000 years")]
    Date::new(&JsValue::from_f64(at.0 as f64))
}

fn written(format: &Function, at: Timestamp) -> String {
    format.call1(&JsValue::UNDEFINED, &date(at)).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// Which day `at` falls on here, counted from 1970.
#[expect(clippy::cast_possible_truncation, reason = "an offset is a number of minutes below a thousand")]
pub(crate) fn day_of(at: Timestamp) -> i64 {
    let behind_ms = date(at).get_timezone_offset() as i64 * 60_000;
    i64::try_from(at.0).unwrap_or(i64::MAX).saturating_sub(behind_ms).div_euclid(DAY_MS)
}

/// The time of day, in minutes. Most messages are of the same minute as the one before, and the browser takes its time.
pub(crate) fn time_label(at: Timestamp) -> String {
    const MINUTE_MS: u64 = 60_000;
    thread_local! {
        static LAST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
    }
    LAST.with_borrow_mut(|(minute, label)| {
        if *minute != at.0 / MINUTE_MS {
            (*minute, *label) = (at.0 / MINUTE_MS, TIME.with(|format| written(format, at)));
        }
        label.clone()
    })
}

/// The time of day to the millisecond, in 24 hours.
pub(crate) fn exact_time_label(at: Timestamp) -> String {
    let date = date(at);
    let (hours, minutes) = (date.get_hours(), date.get_minutes());
    format!("{hours:02}:{minutes:02}:{:02}.{:03}", date.get_seconds(), date.get_milliseconds())
}

/// The day, as one says it.
pub(crate) fn day_label(at: Timestamp, now: Timestamp) -> String {
    match day_of(now) - day_of(at) {
        0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        _ => DAY.with(|format| written(format, at)),
    }
}
