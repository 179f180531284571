//! The HTTP API and the web app: one file per resource.

mod assets;
mod auth;
mod body;
mod channels;
mod connections;
mod health;
mod parts;
mod policy;
mod publish;
mod push;
mod resource;
mod routes;

pub use parts::Parts;
pub use routes::{configure, finish};
