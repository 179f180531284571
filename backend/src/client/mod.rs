//! The reading half of clients: charges, decodes and handles each message.
//!
//! `read_loop` reads, and [`handler`] is what it calls for each text. [`typed`] and [`mod@plain`] are the handlers: for the
//! protocol of the `shared` crate, and for lines of text.

mod budget;
pub mod connection;
pub mod frames;
pub(crate) mod handler;
mod pace;
pub mod plain;
mod read_loop;
pub mod services;
mod throttle;
pub mod typed;
