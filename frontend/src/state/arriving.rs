//! What reaches a room from the server.

use std::time::Duration;

use leptos::prelude::*;
use shared::ids::{MessageId, Offset};
use shared::protocol::{ErrorCode, Message, SignalState};
use shared::session::{Delivery, Event, Input};

use super::room::{History, Room};
use super::tidings::Tidings;
use crate::browser::clock;
use crate::core::timeline::{Timeline, View};
use crate::core::typing::{TYPING_MS, Typing};

impl Room {
    /// Takes an event of this channel. `seen` where the reader looks at it right now.
    pub(crate) fn apply(self, tidings: Tidings, event: Event, seen: bool) {
        match event {
            Event::Subscribed { position, gap, .. } => {
                self.timeline.update_value(|timeline| {
                    if let Some(me) = tidings.user() {
                        timeline.set_me(me);
                    }
                    timeline.begin(position, gap);
                });
                self.unread.update(|unread| unread.begin(position));
                if self.history.get_untracked() == History::Unloaded {
                    self.ask_history(tidings, Some(Offset(position.offset.0.saturating_add(1))));
                }
            }
            Event::Message(message) => self.arrive(&message, seen),
            Event::Page { before, messages, more, .. } => {
                if self.is_answer(before) {
                    self.load(tidings, &messages, more, seen);
                }
            }
            Event::HistoryRefused { before, refusal, .. } => {
                if self.is_answer(before) {
                    self.history.set(match refusal.code {
                        ErrorCode::HistoryOff => History::Whole,
                        _ => History::Refused(refusal),
                    });
                }
            }
            Event::SubscribeRefused { refusal, .. } => self.trouble.set(Some(refusal)),
            Event::Delivery { message_id, delivery, .. } => self.deliver(tidings, message_id, delivery),
            Event::Presence { change, .. } => {
                self.roster.update(|roster| {
                    roster.apply(change);
                });
            }
            Event::Signal(signal) => {
                if signal.state == SignalState::Typing && tidings.user() != Some(signal.from.user.clone()) {
                    self.typing.update(|typing| typing.signal(signal.from, clock::now()));
                    let expire = move || self.typing.update(|typing| typing.expire(clock::now()));
                    set_timeout(expire, Duration::from_millis(TYPING_MS));
                }
            }
            Event::Status(_) | Event::Welcomed { .. } | Event::Push(_) | Event::Refused(_) => {}
        }
    }

    fn arrive(self, message: &Message, seen: bool) {
        let new = self.timeline.try_update_value(|timeline| timeline.take(message)) == Some(true);
        self.arrivals.update_value(|arrivals| *arrivals += usize::from(new));
        if !self.typing.with_untracked(Typing::is_empty) {
            self.typing.update(|typing| typing.stop(&message.from.user));
        }
        let mine =
            self.timeline.with_value(|timeline| timeline.entry(message.id).is_some_and(|entry| entry.mine));
        if !new || mine {
            return;
        }
        if !seen {
            self.unread.update_untracked(|unread| unread.arrive(message.offset));
        } else if let View::Reading { first, missed } = self.view.get_untracked() {
            self.view.update_untracked(|view| *view = View::Reading { first, missed: missed + 1 });
        }
        self.has_counted.set_value(true);
    }

    /// Whether the page or refusal for `before` is the one that is waited for. The room may have been closed, or the
    /// oldest messages dropped, since another was asked for: it would leave a hole.
    fn is_answer(self, before: Option<Offset>) -> bool {
        self.history.get_untracked() == History::Loading
            && self.paging.try_update_value(|paging| paging.answer(before)) == Some(true)
    }

    fn load(self, tidings: Tidings, messages: &[Message], more: bool, seen: bool) {
        let view = self.view.get_untracked();
        let loaded = self.timeline.try_update_value(|timeline| timeline.load(messages)).unwrap_or_default();
        if loaded.is_first && !seen {
            self.unread
                .update_untracked(|unread| loaded.others.iter().for_each(|offset| unread.arrive(*offset)));
            self.has_counted.set_value(true);
        }
        let oldest = messages.first().map(|message| message.offset);
        let next =
            self.paging.try_update_value(|paging| paging.lead_on(loaded.has_shown, more, oldest)).flatten();
        if next.is_some() {
            // Still loading.
            return self.request_page(tidings, next);
        }
        self.history.set(if more { History::More } else { History::Whole });
        if view != View::Following {
            self.view.set(self.timeline.with_value(|timeline| timeline.older(view)));
        }
    }

    fn deliver(self, tidings: Tidings, message_id: MessageId, delivery: Delivery) {
        let is_shown = self.timeline.with_value(|timeline| timeline.entry(message_id).is_some());
        match &delivery {
            Delivery::Accepted { .. } => tidings.forget_unsent(message_id),
            // An edit or a reaction has no place of its own where it could be tried again.
            Delivery::Failed { refusal } if !is_shown => {
                tidings.forget_unsent(message_id);
                tidings.input(Input::Discard { message_id });
                tidings.say_refused(refusal);
            }
            Delivery::Failed { .. } | Delivery::Local => {}
        }
        self.timeline.update_value(|timeline| timeline.deliver(message_id, delivery));
    }

    /// After a batch: tells the counts, drops what is too much, and draws.
    pub(crate) fn settle(self, shown: bool) {
        if self.has_counted.try_update_value(std::mem::take) == Some(true) {
            self.unread.notify();
            self.view.notify();
        }
        if self.view.get_untracked() == View::Following
            && self.timeline.try_update_value(Timeline::bound) == Some(true)
        {
            self.history.set(History::More);
        }
        if shown {
            self.draw_arrivals();
        } else {
            self.arrivals.set_value(0);
        }
        let failed = self.timeline.with_value(Timeline::failed);
        if failed != self.failed.get_untracked() {
            self.failed.set(failed);
        }
    }
}
