//! The structure of the code: which modules import which, checked against the tables in the documentation.
#![allow(clippy::unwrap_used, reason = "tests")]

mod backend;
mod frontend;
mod imports;
