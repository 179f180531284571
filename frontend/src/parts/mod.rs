//! The components of the app. The style sheet of a component has its name; those of bell, profile, switcher and help are in
//! `panels.css`.

mod actions;
mod avatar;
mod bell;
mod composer;
mod connection;
mod copyable;
mod dialog;
mod help;
mod message;
mod notice;
mod profile;
mod roster;
mod scroll;
mod shortcuts;
mod sidebar;
mod switcher;
mod text;
mod timeline;
mod toasts;
mod topbar;
mod welcome;
mod wire;

pub(crate) use bell::Notifications;
pub(crate) use composer::Composer;
pub(crate) use copyable::Copyable;
pub(crate) use help::Help;
pub(crate) use profile::Profile;
pub(crate) use roster::Roster;
pub(crate) use shortcuts::listen as listen_to_shortcuts;
pub(crate) use sidebar::Sidebar;
pub(crate) use switcher::Switcher;
pub(crate) use timeline::Timeline;
pub(crate) use toasts::ToastList;
pub(crate) use topbar::Topbar;
pub(crate) use welcome::Welcome;
pub(crate) use wire::Wire;
