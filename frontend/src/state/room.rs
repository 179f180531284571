//! One channel on the page: its models, the signals that views read, and which part of it is looked at.

use std::time::Duration;

use leptos::prelude::*;
use shared::ids::{ChannelName, MessageId, Offset};
use shared::presence::Roster;
use shared::protocol::Refusal;
use shared::session::Input;
use shared::time::Timestamp;

use super::rows::{self, Cell};
use super::tidings::Tidings;
use crate::browser::clock;
use crate::browser::dates;
use crate::browser::storage::Store;
use crate::core::composer::TypingThrottle;
use crate::core::paging::Paging;
use crate::core::timeline::{Pace, Timeline, View};
use crate::core::typing::Typing;
use crate::core::unread::{ReadMark, Unread};

/// How long after a flood all is drawn again, in milliseconds.
const CALM_AFTER_MS: u64 = 200;

/// How many messages are asked for at a time.
pub(crate) const PAGE_MESSAGES: u32 = 50;

/// Whether there is more to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum History {
    /// Nothing has been loaded yet.
    Unloaded,
    /// A page is on its way.
    Loading,
    /// There are older messages.
    More,
    /// All that is kept is here.
    Whole,
    /// A page was refused; asking again may help.
    Refused(Refusal),
}

/// Why a room does not work.
pub(crate) type Trouble = Option<Refusal>;

/// A room. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub(super) channel: StoredValue<ChannelName>,
    pub(super) timeline: StoredValue<Timeline>,
    pub(super) paging: StoredValue<Paging>,
    pub(super) throttle: StoredValue<TypingThrottle>,
    /// How many messages have come since the rows were drawn, and when that was.
    pub(super) arrivals: StoredValue<usize>,
    /// Whether what shows how many are unread, or are missed, is still to hear that these have become more.
    pub(super) has_counted: StoredValue<bool>,
    drawn_at: StoredValue<Timestamp>,
    /// The pace at which they were drawn.
    drawn_for: StoredValue<Pace>,
    drawing: StoredValue<Option<Drawing>>,
    pub(crate) cells: RwSignal<Vec<Cell>>,
    pub(crate) view: RwSignal<View>,
    pub(crate) history: RwSignal<History>,
    pub(crate) trouble: RwSignal<Trouble>,
    pub(crate) roster: RwSignal<Roster>,
    pub(crate) unread: RwSignal<Unread>,
    pub(crate) typing: RwSignal<Typing>,
    pub(crate) failed: RwSignal<usize>,
    pub(crate) draft: RwSignal<String>,
    /// The message that the draft is a new text for.
    pub(crate) editing: RwSignal<Option<Editing>>,
}

/// When a room is drawn again.
#[derive(Debug)]
enum Drawing {
    /// When more has come, or no more comes.
    Later(TimeoutHandle),
    /// There was too much for one frame.
    NextFrame(AnimationFrameRequestHandle),
}

/// An edit under way, and the draft that it has put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Editing {
    pub(super) of: MessageId,
    pub(super) draft_before: String,
}

impl Room {
    /// A room as this browser remembers it.
    pub(crate) fn new(channel: &ChannelName) -> Self {
        let mark = ReadMark::parse(&Store::Local.get(&format!("read.{channel}"))).ok();
        Self {
            channel: StoredValue::new(channel.clone()),
            timeline: StoredValue::new(Timeline::new(dates::day_of)),
            paging: StoredValue::new(Paging::default()),
            throttle: StoredValue::new(TypingThrottle::default()),
            arrivals: StoredValue::new(0),
            has_counted: StoredValue::new(false),
            drawn_at: StoredValue::new(Timestamp(0)),
            drawn_for: StoredValue::new(Pace::Calm),
            drawing: StoredValue::new(None),
            cells: RwSignal::new(Vec::new()),
            view: RwSignal::new(View::Following),
            history: RwSignal::new(History::Unloaded),
            trouble: RwSignal::new(None),
            roster: RwSignal::new(Roster::default()),
            unread: RwSignal::new(Unread::restore(mark.unwrap_or_default())),
            typing: RwSignal::new(Typing::default()),
            failed: RwSignal::new(0),
            editing: RwSignal::new(None),
            draft: RwSignal::new(Store::Local.get(&format!("draft.{channel}"))),
        }
    }

    /// The channel.
    pub(crate) fn channel(self) -> ChannelName {
        self.channel.get_value()
    }

    /// Follows the channel.
    pub(crate) fn join(self, tidings: Tidings) {
        self.trouble.set(None);
        tidings.input(Input::Subscribe { channel: self.channel(), since: None, presence: true });
    }

    /// Follows it no longer, and forgets what was loaded: what comes meanwhile would be missing in between.
    pub(crate) fn leave(self, tidings: Tidings) {
        tidings.input(Input::Unsubscribe { channel: self.channel() });
        self.timeline.set_value(Timeline::new(dates::day_of));
        self.paging.set_value(Paging::default());
        self.history.set(History::Unloaded);
        self.roster.set(Roster::default());
        self.view.set(View::Following);
        self.draw();
    }

    /// Goes to the newest and stays there.
    pub(crate) fn follow(self) {
        self.view.set(View::Following);
        self.draw();
    }

    /// The reader has scrolled up from the end.
    pub(crate) fn leave_end(self) {
        if self.view.get_untracked() == View::Following {
            self.view.set(self.timeline.with_value(Timeline::leave_end));
        }
    }

    /// The reader has come to the lower end of what is drawn.
    pub(crate) fn newer(self) {
        let view = self.view.get_untracked();
        if view != View::Following {
            self.view.set(self.timeline.with_value(|timeline| timeline.newer(view)));
            self.draw();
        }
    }

    /// The reader wants older messages: draws those that are loaded, or asks for a page.
    pub(crate) fn older(self, tidings: Tidings) {
        let view = self.view.get_untracked();
        if self.timeline.with_value(|timeline| timeline.has_older_loaded(view)) {
            self.view.set(self.timeline.with_value(|timeline| timeline.older(view)));
            return self.draw();
        }
        if matches!(self.history.get_untracked(), History::More | History::Refused(_)) {
            let before = self.timeline.with_value(Timeline::oldest);
            self.ask_history(tidings, before);
        }
    }

    pub(super) fn ask_history(self, tidings: Tidings, before: Option<Offset>) {
        self.history.set(History::Loading);
        self.paging.update_value(|paging| paging.ask(before));
        self.request_page(tidings, before);
    }

    pub(super) fn request_page(self, tidings: Tidings, before: Option<Offset>) {
        tidings.input(Input::History { channel: self.channel(), before, limit: PAGE_MESSAGES });
    }

    /// Brings what is on the screen up to date.
    pub(crate) fn draw(self) {
        let view = self.view.get_untracked();
        let pace = Pace::of(self.arrivals.try_update_value(std::mem::take).unwrap_or(0));
        let is_all = rows::update(self.cells, |is_drawn| {
            self.timeline.with_value(|timeline| timeline.rows(view, pace, is_drawn))
        });
        self.drawn_at.set_value(clock::now());
        self.drawn_for.set_value(pace);
        match pace {
            Pace::Flood => self.draw_in(CALM_AFTER_MS),
            Pace::Calm if is_all => self.draw_at(None),
            Pace::Calm => self.draw_in_next_frame(),
        }
    }

    /// The same for what has come: at once, or a little later where more comes than can be read.
    pub(super) fn draw_arrivals(self) {
        let ago = clock::now().since(self.drawn_at.get_value()).as_millis();
        // A frame in which few have come does not end a flood: the rows that it lacks would be made, and go at once.
        let pace = match self.drawn_for.get_value() {
            Pace::Flood => Pace::Flood,
            Pace::Calm => Pace::of(self.arrivals.get_value()),
        };
        match pace.wait_ms(u64::try_from(ago).unwrap_or(u64::MAX)) {
            0 => self.draw(),
            wait_ms => self.draw_in(wait_ms),
        }
    }

    fn draw_in(self, wait_ms: u64) {
        let timer = set_timeout_with_handle(move || self.draw(), Duration::from_millis(wait_ms));
        self.draw_at(timer.ok().map(Drawing::Later));
    }

    fn draw_in_next_frame(self) {
        let frame = request_animation_frame_with_handle(move || self.draw());
        self.draw_at(frame.ok().map(Drawing::NextFrame));
    }

    /// Draws then, and not at another time that was meant before.
    fn draw_at(self, drawing: Option<Drawing>) {
        match self.drawing.try_update_value(|drawing_at| std::mem::replace(drawing_at, drawing)).flatten() {
            Some(Drawing::Later(timer)) => timer.clear(),
            Some(Drawing::NextFrame(frame)) => frame.cancel(),
            None => {}
        }
    }

    /// The reader looks at this room: from here on all is read.
    pub(crate) fn enter(self) {
        let unread = self.unread.get_untracked();
        self.timeline.update_value(|timeline| {
            timeline.mark_new_after(unread.read().filter(|_| unread.count() > 0));
        });
        self.view.set(View::Following);
        self.mark_read();
        self.draw();
    }

    /// The reader comes back to the page with this room on it.
    pub(crate) fn return_to(self) {
        if self.view.get_untracked() == View::Following {
            self.enter();
        }
    }

    /// All that is loaded has been read.
    pub(crate) fn mark_read(self) {
        let newest = self.timeline.with_value(Timeline::newest);
        let before = self.unread.get_untracked();
        let mut after = before;
        after.read_to(newest);
        self.unread.update_untracked(|unread| *unread = after);
        // While a flood is followed the mark moves in each frame, and nothing that is shown changes.
        if after.count() != before.count() {
            self.unread.notify();
        }
    }

    /// Keeps how far has been read.
    pub(crate) fn store_mark(self) {
        let mark = self.unread.with_untracked(Unread::mark);
        let text = mark.to_json();
        Store::Local.set(&format!("read.{}", self.channel()), &text);
    }
}
