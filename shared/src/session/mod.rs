//! The client's protocol state machine, without IO.
//!
//! A [`Session`] keeps what a client remembers across connections: who it is, its subscriptions and their positions, and
//! the messages that are not in the log yet. It decides what the client does next.
//!
//! > **The one rule of use:** after each [`Session::handle`], call [`Session::poll_action`] and run each action until it
//! > returns `None`. Then sleep until [`Session::poll_timeout`], or until something happens.
//!
//! ```
//! use shared::session::{Action, Input, Session, SessionConfig};
//! use shared::time::Timestamp;
//!
//! let mut session = Session::new(SessionConfig::default(), 42, Timestamp(0));
//! session.handle(Input::Start, Timestamp(0));
//! while let Some(action) = session.poll_action() {
//!     match action {
//!         Action::Open => { /* open a socket, then handle Input::Opened or Input::Closed */ }
//!         Action::Send(_message) => { /* encode it and send it */ }
//!         Action::Close => { /* drop the socket */ }
//!         Action::Emit(_event) => { /* pass it to the application */ }
//!     }
//! }
//! assert!(session.poll_timeout().is_some());
//! ```
//!
//! The browser's driver, the native client of the tests and the simulator run this same code.

mod backoff;
mod blame;
mod config;
mod connection;
mod heartbeat;
mod io;
mod machine;
mod outbox;
mod presence;
mod receive;
mod refused;
mod renaming;
mod request;
mod requests;
mod sending;
mod state;
mod subscriptions;
#[cfg(test)]
mod tests;
mod unreadable;

pub use config::{Credential, SessionConfig};
pub use io::{Action, Delivery, Event, Input, Status};
pub use machine::Session;
