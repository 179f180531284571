//! What views need from the browser besides signals: the keyboard focus, the clipboard, dates in words.

use shared::time::Timestamp;

use super::app::AppState;
pub(crate) use crate::browser::clock::now;
pub(crate) use crate::browser::dates::{day_label, exact_time_label, time_label};
pub(crate) use crate::browser::desktop::{
    Permission as DesktopPermission, ask as ask_for_desktop, permission as desktop_permission,
};
pub(crate) use crate::browser::focus::has_keyboard;
pub(crate) use crate::browser::listen::listen_for_good;
use crate::browser::{clipboard, dates, focus as browser_focus};
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

/// Moves the keyboard focus.
pub(crate) fn focus(spot: Spot) {
    match spot {
        Spot::Main => browser_focus::focus(".composer__text, #main input"),
        Spot::Composer => browser_focus::focus(".composer__text"),
        Spot::Sidebar => browser_focus::focus(".sidebar a"),
        Spot::Menu => browser_focus::focus(".topbar__menu"),
    }
}

/// Copies a text to the clipboard, and reports the result.
pub(crate) fn copy(app: AppState, text: String) {
    clipboard::copy(text, move |is_copied| app.intend(Intent::Copied(is_copied)));
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
