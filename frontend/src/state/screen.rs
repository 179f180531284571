//! What views need from the browser besides signals: the keyboard focus, the clipboard, dates in words.

use shared::time::Timestamp;

use super::app::AppState;
use crate::browser::{clipboard, clock, dates, desktop, focus as browser_focus};
use crate::core::intent::Intent;

/// A place for the keyboard focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot {
    /// The field for a message, or the first field of the page.
    Main,
    Composer,
    /// The first link of the sidebar.
    Sidebar,
    /// The button that opens the sidebar on a narrow screen.
    Menu,
}

/// Calls `handle` for each event `name` of the window, until the app ends.
pub(crate) use crate::browser::listen::listen_for_good;

/// Moves the keyboard focus.
pub(crate) fn focus(spot: Spot) {
    match spot {
        Spot::Main => browser_focus::focus(".composer__text, #main input"),
        Spot::Composer => browser_focus::focus(".composer__text"),
        Spot::Sidebar => browser_focus::focus(".sidebar a"),
        Spot::Menu => browser_focus::focus(".topbar__menu"),
    }
}

/// Whether this is more likely a computer than a phone.
pub(crate) fn has_keyboard() -> bool {
    browser_focus::has_keyboard()
}

/// Copies a text to the clipboard, and reports the result.
pub(crate) fn copy(app: AppState, text: String) {
    clipboard::copy(text, move |is_copied| app.intend(Intent::Copied(is_copied)));
}

/// Returns the time.
pub(crate) fn now() -> Timestamp {
    clock::now()
}

/// Returns the time of day.
pub(crate) fn time_label(at: Timestamp) -> String {
    dates::time_label(at)
}

/// Returns the time of day to the millisecond.
pub(crate) fn exact_time_label(at: Timestamp) -> String {
    dates::exact_time_label(at)
}

/// Returns the day of `at`, if today is the day with this number.
pub(crate) fn day_label(at: Timestamp, today: i64) -> String {
    dates::day_label(at, today)
}

/// A time for a `<time>` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Times {
    /// For programs: ISO 8601.
    pub(crate) datetime: String,
    /// For people: the date and the time.
    pub(crate) full: String,
}

/// Returns a time for a `<time>` element.
pub(crate) fn times(at: Timestamp) -> Times {
    Times { datetime: dates::iso(at), full: dates::full_label(at) }
}

/// Whether notifications of the operating system may be shown.
pub(crate) type DesktopPermission = desktop::Permission;

/// Returns whether notifications of the operating system may be shown.
pub(crate) fn desktop_permission() -> DesktopPermission {
    desktop::permission()
}

/// Asks the user for it. Browsers allow that only as the response to a click.
pub(crate) fn ask_for_desktop(then: impl FnOnce(DesktopPermission) + 'static) {
    desktop::ask(then);
}
