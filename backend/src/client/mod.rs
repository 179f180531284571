//! Clients, seen from the side that reads: each message is paid for, decoded and carried out.
//!
//! [`connection`] is the loop that reads; [`typed`] and [`mod@plain`] are what it reads: the protocol of the `shared` crate, and
//! lines of text.

mod budget;
pub mod connection;
pub mod frames;
mod pace;
pub mod plain;
pub mod services;
mod throttle;
pub mod typed;
