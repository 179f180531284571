//! What server, page, tests and simulator of Tidings have in common: the typed messages both ways, the limits they
//! keep, and [`session::Session`], the client's mind without hands.
//!
//! Nothing here reads a clock, draws a random number or touches a socket: time and seed come in, actions come out.
//! That is what lets the same code run in a browser, in a native client and in a simulator.

pub mod ids;
pub mod json;
pub mod limits;
pub mod presence;
pub mod protocol;
pub mod session;
pub mod sorted;
pub mod text;
pub mod time;
