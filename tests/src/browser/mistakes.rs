//! Finds errors of the page in the browser's console. Each story checks that at its end.

use super::person::Person;
use crate::deadline::{PATIENCE, eventually};

/// Errors that the browser reports itself and that no story has to expect. Many stories stop servers and cut connections. For a page
/// that is not the app, such as `/healthz`, the browser asks for `/favicon.ico`, which the server does not have. A refused
/// request (401, 404, 500) is an error of the app, unless the story expects it.
const OF_THE_BROWSER: [&str; 3] = ["WebSocket connection to", "net::ERR_", "/favicon.ico"];

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
            .filter(|error| !OF_THE_BROWSER.iter().any(|text| error.contains(text)))
            .filter(|error| !expected.iter().any(|texts| is_one_of(error, texts)))
            .collect();
        assert!(mistakes.is_empty(), "{}'s console: {mistakes:#?}", self.name);
    }
}
