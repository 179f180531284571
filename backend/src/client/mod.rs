//! The reading half of clients: charges, decodes and handles each message.
//!
//! [`connection`] is the read loop. [`typed`] and [`mod@plain`] handle what it reads: the protocol of the `shared` crate, and
//! lines of text.

mod budget;
pub mod connection;
pub mod frames;
mod pace;
pub mod plain;
pub mod services;
mod throttle;
pub mod typed;
