//! The app's state for views. It runs the effects of [`core::App`](crate::core::App) and sets the signals that have
//! changed; it decides nothing.

mod app;
mod engine;
mod push;
mod room;
mod rows;
mod screen;
mod tabs;
mod timer;
mod value;
mod window_events;

pub(crate) use app::{AppState, use_app};
pub(crate) use push::PushState;
pub(crate) use room::Room;
pub(crate) use rows::Cell;
pub(crate) use screen::{
    DesktopPermission, Spot, ask_for_desktop, copy, day_label, desktop_permission, exact_time_label, focus,
    has_keyboard, listen_for_good, now, time_label, times,
};
