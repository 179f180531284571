//! What the browser's console says of the page's mistakes. Each story ends by looking at it.

use std::sync::{Arc, Mutex};

use super::Person;

/// What a browser reports of the network. Servers are stopped and connections cut in many stories.
const OF_THE_NETWORK: [&str; 2] = ["WebSocket connection to", "Failed to load resource"];

/// Texts of the console's lines that belong to a story.
pub(super) type Expected = Arc<Mutex<Vec<String>>>;

impl Person {
    /// It belongs to the story that the console has lines that hold `text`.
    pub fn expects_mistake(&self, text: &str) {
        self.expected.lock().unwrap().push(text.to_owned());
    }

    /// What the console has shown since this was last asked.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await;
        let entries = entries.unwrap_or_else(|e| panic!("{}'s console cannot be read: {e}", self.name));
        entries.into_iter().map(|entry| format!("{:?} {}", entry.level, entry.message)).collect()
    }

    /// Nothing in the console speaks of a mistake of the page's: an exception, a panic, something that its policy forbids.
    pub(super) async fn expect_no_mistakes(&self) {
        let lines = self.console().await;
        let expected = self.expected.lock().unwrap();
        let is_known = |line: &str| {
            OF_THE_NETWORK.iter().any(|text| line.contains(text))
                || expected.iter().any(|text| line.contains(text))
        };
        let is_mistake = |line: &&String| line.to_lowercase().starts_with("severe") && !is_known(line);
        let mistakes: Vec<&String> = lines.iter().filter(is_mistake).collect();
        assert!(mistakes.is_empty(), "{}'s console: {mistakes:#?}", self.name);
    }
}
