//! Times and days in the reader's time zone and format.

use std::cell::RefCell;

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use shared::time::Timestamp;
use wasm_bindgen::prelude::JsValue;

use crate::core::day::DayName;
use crate::core::texts::words;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

thread_local! {
    // Creating a format takes a hundred times as long as using it.
    static TIME: Function = format(&[("hour", "2-digit"), ("minute", "2-digit")]);
    static DAY_AND_YEAR: Function =
        format(&[("weekday", "long"), ("day", "numeric"), ("month", "long"), ("year", "numeric")]);
    static FULL: Function = format(&[("dateStyle", "long"), ("timeStyle", "medium")]);
    static DAY: Function = format(&[("weekday", "long"), ("day", "numeric"), ("month", "long")]);
}

fn format(options: &[(&str, &str)]) -> Function {
    let object = Object::new();
    for (name, value) in options {
        // Fails only for a frozen object.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    Intl::DateTimeFormat::new(&Array::new(), &object).format()
}

fn date(at: Timestamp) -> Date {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds stay below 2^53 for 285,000 years")]
    Date::new(&JsValue::from_f64(at.0 as f64))
}

fn formatted(format: &Function, at: Timestamp) -> String {
    format.call1(&JsValue::UNDEFINED, &date(at)).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// Returns the day of `at` in the reader's time zone, counted from 1970.
#[expect(clippy::cast_possible_truncation, reason = "an offset is a number of minutes below a thousand")]
pub(crate) fn day_of(at: Timestamp) -> i64 {
    let behind_ms = date(at).get_timezone_offset() as i64 * 60_000;
    i64::try_from(at.0).unwrap_or(i64::MAX).saturating_sub(behind_ms).div_euclid(DAY_MS)
}

/// Returns the time of day with hours and minutes. It caches the last one: formatting is slow, and most messages have the
/// same minute as the message before.
pub(crate) fn time_label(at: Timestamp) -> String {
    const MINUTE_MS: u64 = 60_000;
    thread_local! {
        static LAST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
    }
    LAST.with_borrow_mut(|(minute, label)| {
        if *minute != at.0 / MINUTE_MS {
            (*minute, *label) = (at.0 / MINUTE_MS, TIME.with(|format| formatted(format, at)));
        }
        label.clone()
    })
}

/// Returns the time of day to the millisecond, in 24 hours.
pub(crate) fn exact_time_label(at: Timestamp) -> String {
    let date = date(at);
    let (hours, minutes) = (date.get_hours(), date.get_minutes());
    format!("{hours:02}:{minutes:02}:{:02}.{:03}", date.get_seconds(), date.get_milliseconds())
}

/// Returns the day of `at` in words, if today is the day with this number.
pub(crate) fn day_label(at: Timestamp, today: i64) -> String {
    match DayName::of(day_of(at), today) {
        DayName::Today => words().today.to_owned(),
        DayName::Yesterday => words().yesterday.to_owned(),
        DayName::Date => DAY.with(|format| formatted(format, at)),
        DayName::DateAndYear => DAY_AND_YEAR.with(|format| formatted(format, at)),
    }
}

/// Returns the date and the time of `at` in words.
pub(crate) fn full_label(at: Timestamp) -> String {
    FULL.with(|format| formatted(format, at))
}

/// Returns `at` as an ISO 8601 text in UTC.
pub(crate) fn iso(at: Timestamp) -> String {
    date(at).to_iso_string().into()
}
