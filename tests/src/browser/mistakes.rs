//! Finds errors of the page in the browser's console. Each story checks that at its end.

use std::sync::Mutex;

use super::person::Person;
use crate::deadline::{PATIENCE, eventually};

/// Errors that the browser reports itself and that no story has to expect. Many stories stop servers and cut connections. For a page
/// that is not the app, such as `/healthz`, the browser asks for `/favicon.ico`, which the server does not have. A refused
/// request (401, 404, 500) is an error of the app, unless the story expects it.
const OF_THE_BROWSER: [&str; 3] = ["WebSocket connection to", "net::ERR_", "/favicon.ico"];

/// The console of all people of a story.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    /// For each expected error, alternatives of which one is required.
    expected: Mutex<Vec<Vec<String>>>,
    /// All errors so far, each with a person who has seen it.
    seen: Mutex<Vec<String>>,
}

impl Mistakes {
    /// Waits until the console has every expected error, and asserts that it has no other one of the page: no exception, no
    /// panic, no violation of its policy.
    pub(super) async fn expect_none_but_expected(&self, people: &[Person]) {
        let expected = self.expected.lock().unwrap().clone();
        let is_one_of = |error: &str, texts: &[String]| texts.iter().any(|text| error.contains(text));
        let seen = eventually(PATIENCE, "the console has each expected error", async || {
            for person in people {
                person.note_mistakes().await;
            }
            let seen = self.seen.lock().unwrap().clone();
            let is_there = |texts: &&Vec<String>| seen.iter().any(|error| is_one_of(error, texts));
            let missing: Vec<_> = expected.iter().filter(|texts| !is_there(texts)).collect();
            if missing.is_empty() {
                Ok(seen.clone())
            } else {
                Err(format!("none of {missing:?} in {seen:#?}"))
            }
        })
        .await;
        let mistakes: Vec<&String> = seen
            .iter()
            .filter(|error| !OF_THE_BROWSER.iter().any(|text| error.contains(text)))
            .filter(|error| !expected.iter().any(|texts| is_one_of(error, texts)))
            .collect();
        assert!(mistakes.is_empty(), "in the console: {mistakes:#?}");
    }
}

impl Person {
    /// Expects an error in the console that contains one of `texts`. The story fails if there is none.
    pub fn expects_mistake(&self, texts: &[&str]) {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.mistakes.expected.lock().unwrap().push(texts);
    }

    /// Adds the console errors since the last call to those of the story.
    pub(super) async fn note_mistakes(&self) {
        let errors = self.errors().await.into_iter().map(|error| format!("{}: {error}", self.name));
        self.mistakes.seen.lock().unwrap().extend(errors);
    }

    async fn errors(&self) -> Vec<String> {
        if let Some(console) = &self.console {
            return console.reports();
        }
        if let Some(context) = &self.context {
            return context.errors().await;
        }
        let entries = self.driver.browser_log().await;
        let entries = entries.unwrap_or_else(|e| panic!("{}'s console cannot be read: {e}", self.name));
        entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect()
    }
}
