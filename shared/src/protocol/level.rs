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

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_unknown_level_is_shown_as_info_and_not_published() {
        assert_eq!(Level::Unknown.shown(), Level::Info);
        for level in Level::ALL {
            assert_eq!(level.shown(), *level);
            assert_eq!(serde_json::to_value(level).unwrap(), level.as_str());
        }
        assert!(serde_json::from_str::<Level>("\"unknown\"").is_err());
    }
}
