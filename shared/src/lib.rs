//! The code that the server, the app, the native client and the simulator of Tidings share: the typed messages of both
//! directions, their limits, and [`session::Session`], the client's protocol state machine.
//!
//! Nothing here has IO, a clock or randomness: time and a seed come in, actions come out. So the same code runs in a browser,
//! in a native client and in a simulator.

pub mod ids;
pub mod json;
pub mod limits;
pub mod presence;
pub mod protocol;
pub mod session;
pub mod sorted;
pub mod text;
pub mod time;
