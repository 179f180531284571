//! Finds errors of the page in the browser's console. Each story checks that at its end.

use super::person::Person;

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

    /// Asserts that the console has no error of the page (an exception, a panic, a violation of its policy) and every
    /// expected one.
    pub(super) async fn expect_no_mistakes(&self) {
        let errors = self.errors().await;
        let expected = self.expected.lock().unwrap();
        let is_one_of = |error: &str, texts: &[String]| texts.iter().any(|text| error.contains(text));
        let mistakes: Vec<&String> = errors
            .iter()
            .filter(|error| !OF_THE_NETWORK.iter().any(|text| error.contains(text)))
            .filter(|error| !expected.iter().any(|texts| is_one_of(error, texts)))
            .collect();
        assert!(mistakes.is_empty(), "{}'s console: {mistakes:#?}", self.name);
        for texts in &*expected {
            let is_there = errors.iter().any(|error| is_one_of(error, texts));
            assert!(is_there, "{}'s console has none of {texts:?}: {errors:#?}", self.name);
        }
    }
}
