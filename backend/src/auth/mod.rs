//! Authentication and authorization: who a client is, and what it may do.

mod claims;
pub mod permission;
mod principal;
mod tokens;

pub use claims::Claims;

pub use permission::{Action, Permissions};
pub use principal::{OtherUser, Principal, Subject};
pub use tokens::Tokens;
