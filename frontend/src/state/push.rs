//! The page that sends with the API key.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser::http;
use crate::browser::storage::Store;
use crate::core::push_form::{Outcome, Problem, PushForm};

/// The state of the page. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct PushState {
    form: RwSignal<PushForm>,
    key: RwSignal<String>,
    outcome: RwSignal<Option<Outcome>>,
    is_sending: RwSignal<bool>,
}

impl PushState {
    /// Makes an empty form, with the key that was used in this tab.
    pub(crate) fn new() -> Self {
        Self {
            form: RwSignal::new(PushForm::new()),
            key: RwSignal::new(Store::Tab.get("key")),
            outcome: RwSignal::new(None),
            is_sending: RwSignal::new(false),
        }
    }

    /// Returns the form.
    pub(crate) fn form(self) -> ReadSignal<PushForm> {
        self.form.read_only()
    }

    /// Returns the API key.
    pub(crate) fn key(self) -> ReadSignal<String> {
        self.key.read_only()
    }

    /// Returns the result of the last request.
    pub(crate) fn outcome(self) -> ReadSignal<Option<Outcome>> {
        self.outcome.read_only()
    }

    /// Whether a request has no response yet.
    pub(crate) fn is_sending(self) -> ReadSignal<bool> {
        self.is_sending.read_only()
    }

    /// The user has changed the form.
    pub(crate) fn change(self, change: impl FnOnce(&mut PushForm)) {
        self.form.update(change);
    }

    /// The user has entered a key. It is kept until the tab is closed.
    pub(crate) fn set_key(self, key: &str) {
        Store::Tab.set("key", key.trim());
        self.key.set(key.trim().to_owned());
    }

    /// Sends the form.
    pub(crate) fn send(self) {
        let request = match self.form.with_untracked(PushForm::request) {
            Ok(request) => request,
            Err(Problem::Target(why) | Problem::Payload(why)) => {
                return self.outcome.set(Some(Outcome::Refused(why)));
            }
        };
        self.is_sending.set(true);
        spawn_local(async move {
            self.outcome.set(Some(http::post(&request, &self.key.get_untracked()).await));
            self.is_sending.set(false);
        });
    }
}
