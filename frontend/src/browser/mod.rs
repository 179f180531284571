//! The Web APIs that the app uses, one per file.

pub(crate) mod address;
pub(crate) mod clipboard;
pub(crate) mod clock;
pub(crate) mod dates;
pub(crate) mod desktop;
pub(crate) mod focus;
pub(crate) mod http;
pub(crate) mod listen;
pub(crate) mod locks;
mod promise;
pub(crate) mod storage;
pub(crate) mod visibility;
