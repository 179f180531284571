//! Finds errors of the page in the browser's console. Each story checks that at its end.

use super::person::Person;
use crate::deadline::{PATIENCE, eventually};

/// Network errors, which the browser reports itself. Many stories stop servers and cut connections.
const OF_THE_NETWORK: [&str; 2] = ["WebSocket connection to", "Failed to load resource"];

impl Person {
    /// Expects an error in the console that contains one of `texts`. The story fails if there is none.
    pub fn expects_mistake(&self, texts: &[&str]) {
        self.expected.lock().unwrap().push(texts.iter().map(|text| (*text).to_owned()).collect());
    }

    /// Returns the console errors since the last call.
    async fn errors(&self) -> Vec<String> {
        if let Some(console) = &self.console {
            return console.reports();
        }
        let entries = self.driver.browser_log().await;
        let entries = entries.unwrap_or_else(|e| panic!("{}'s console cannot be read: {e}", self.name));
        entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect()
    }

    /// Waits until the console has every expected error, and asserts that it has no other one of the page: no exception, no
    /// panic, no violation of its policy.
    pub(super) async fn expect_no_mistakes(&self) {
        let expected = self.expected.lock().unwrap().clone();
        let is_one_of = |error: &str, texts: &[String]| texts.iter().any(|text| error.contains(text));
        let mut errors = Vec::new();
        eventually(PATIENCE, &format!("{}'s console has each expected error", self.name), async || {
            errors.extend(self.errors().await);
            let is_there = |texts: &&Vec<String>| errors.iter().any(|error| is_one_of(error, texts));
            let missing: Vec<_> = expected.iter().filter(|texts| !is_there(texts)).collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("none of {missing:?} in {errors:#?}")) }
        })
        .await;
        let mistakes: Vec<&String> = errors
            .iter()
            .filter(|error| !OF_THE_NETWORK.iter().any(|text| error.contains(text)))
            .filter(|error| !expected.iter().any(|texts| is_one_of(error, texts)))
            .collect();
        assert!(mistakes.is_empty(), "{}'s console: {mistakes:#?}", self.name);
    }
}
