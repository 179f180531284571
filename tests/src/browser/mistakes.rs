//! What the browser's console says of the page's mistakes. Each story ends by looking at it.

use std::sync::{Arc, Mutex};

use super::Person;

/// What a browser reports of the network. Servers are stopped and connections cut in many stories.
const OF_THE_NETWORK: [&str; 2] = ["WebSocket connection to", "Failed to load resource"];

/// What the console says in a story in which something goes wrong: each time one of several texts.
pub(super) type Expected = Arc<Mutex<Vec<Vec<String>>>>;

impl Person {
    /// It belongs to the story that the console has an error that holds one of `texts`: it has to be there in the end.
    pub fn expects_mistake(&self, texts: &[&str]) {
        self.expected.lock().unwrap().push(texts.iter().map(|text| (*text).to_owned()).collect());
    }

    /// The errors that the console has shown since this was last asked.
    async fn errors(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await;
        let entries = entries.unwrap_or_else(|e| panic!("{}'s console cannot be read: {e}", self.name));
        entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect()
    }

    /// Nothing in the console speaks of a mistake of the page's: an exception, a panic, something that its policy
    /// forbids. What the story expects is there.
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
