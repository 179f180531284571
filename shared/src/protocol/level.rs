//! How serious a notification is.

use serde::{Deserialize, Serialize};

use crate::json::declare::names;

names! {
    /// How serious a notification is, mildest first.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Level {
        /// Good to know.
        Info = "info" default,
        /// Something succeeded.
        Success = "success",
        /// Something may fail.
        Warning = "warning",
        /// Something failed.
        Error = "error",
        ..
        /// A level that this version does not know. Show it as [`Level::Info`]. A server refuses to publish it, so serde
        /// does not read it.
        #[serde(skip_deserializing, rename = "unknown")]
        Unknown = "unknown",
    }
}

impl Level {
    /// Returns the level to show: [`Level::Info`] instead of an unknown one.
    pub fn shown(self) -> Self {
        if self == Self::Unknown { Self::Info } else { self }
    }
}
