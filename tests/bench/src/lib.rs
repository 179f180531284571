//! Measures Tidings, the servers that its users would otherwise choose, and the least that any server can do.
//!
//! One thread opens all connections, publishes, and checks that each subscriber got each message once and in order.
//! The server under test has a separate core. The main figure is its processor time per delivered message.
#![cfg(target_os = "linux")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails"))]

pub mod dialect;
pub mod failure;
pub mod load;
pub mod machine;
pub mod options;
pub mod record;
pub mod reference;
pub mod report;
pub mod run;
pub mod scenario;
pub mod server;
pub mod summary;
pub mod wire;
