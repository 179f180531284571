//! Authentication and authorization: who a client is, and what it may do.

mod claims;
pub mod permission;
mod tokens;

pub use claims::{Claims, LEEWAY_SECONDS};
pub use permission::{Action, Permissions, Principal};
pub use tokens::Tokens;
