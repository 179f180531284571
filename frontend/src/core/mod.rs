//! What the app knows and decides, in plain Rust: no signals, no DOM, no clock. [`App`] takes events of the session and
//! intents of the user, and returns effects, which the folder `state` runs.

mod app;
pub(crate) mod case;
pub(crate) mod clock;
mod context;
pub(crate) mod curl;
pub(crate) mod day;
pub(crate) mod effect;
mod history;
pub(crate) mod intent;
pub(crate) mod mentions;
pub(crate) mod notifications;
pub(crate) mod people;
pub(crate) mod push_form;
pub(crate) mod rich;
pub(crate) mod room;
pub(crate) mod rooms;
pub(crate) mod route;
pub(crate) mod status;
pub(crate) mod storage;
pub(crate) mod texts;
pub(crate) mod timeline;
pub(crate) mod toasts;
pub(crate) mod unsent;
pub(crate) mod wire;

pub(crate) use app::App;
pub(crate) use context::{Me, Surroundings};
