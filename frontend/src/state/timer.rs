//! The timer of the app's logic: one for its next deadline.

use std::time::Duration;

use leptos::prelude::*;
use shared::time::Timestamp;

use crate::browser::clock;

/// The longest wait, in milliseconds: the browser counts in 32 bits. Then the logic is asked again.
const WAIT_MS_MAX: u64 = 24 * 60 * 60 * 1000;

/// A timer. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Timer(StoredValue<Option<(Timestamp, TimeoutHandle)>>);

impl Timer {
    pub(super) fn new() -> Self {
        Self(StoredValue::new(None))
    }

    /// Calls `run` at `deadline`, and not at an earlier deadline that was set before.
    pub(super) fn set(self, deadline: Option<Timestamp>, run: impl FnOnce() + 'static) {
        let known = self.0.with_value(|timer| timer.as_ref().map(|(at, _)| *at));
        if known == deadline {
            return;
        }
        if let Some((_, timer)) = self.0.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        let Some(deadline) = deadline else { return };
        let wait_ms = deadline.0.saturating_sub(clock::now().0).min(WAIT_MS_MAX);
        let run = move || {
            self.0.set_value(None);
            run();
        };
        let timer = set_timeout_with_handle(run, Duration::from_millis(wait_ms));
        self.0.set_value(timer.ok().map(|timer| (deadline, timer)));
    }
}
