//! Stories of a session in virtual time. Nothing sleeps, and the server is a struct.

mod connecting;
mod ending;
mod history;
mod hole;
mod identity;
mod later_version;
mod limits;
mod operations;
mod outbox;
mod pair;
mod presence;
mod server;
mod stopping;
mod subscriptions;
mod unanswered;
mod unreadable;
