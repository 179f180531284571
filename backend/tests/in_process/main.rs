//! Tests of several parts of the server together, in this process and without a network: the order of one worker's
//! writes to its connections, and the effect of a dead thread on the server.
//!
//! They use the crate's public items only, as the benches do, whose rig they share. A test of one module is inside of
//! that module; a test of the whole program is in `tests/`.
#![allow(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod coming_back;
mod dead_parts;
mod fairness;
mod large_messages;
mod large_rooms;
mod principals;
#[path = "../../benches/rig/mod.rs"]
mod rig;
mod writes;
