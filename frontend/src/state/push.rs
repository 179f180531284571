//! The page that sends with the API key.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser::http;
use crate::browser::storage::Store;
use crate::core::push_form::{Outcome, Problem, PushEdit, PushForm};

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

    /// Reads the form. The caller runs again when it has changed.
    pub(crate) fn with_form<T>(self, read: impl FnOnce(&PushForm) -> T) -> T {
        self.form.with(read)
    }

    /// Returns the API key.
    pub(crate) fn key(self) -> String {
        self.key.get()
    }

    /// Returns the result of the last request.
    pub(crate) fn outcome(self) -> Option<Outcome> {
        self.outcome.get()
    }

    /// Whether a request has no response yet.
    pub(crate) fn is_sending(self) -> bool {
        self.is_sending.get()
    }

    /// The user has changed a field.
    pub(crate) fn edit(self, edit: PushEdit) {
        self.form.update(|form| form.edit(edit));
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
