//! The scroll position of a room's messages: at the newest message, or at the message that is being read.

use leptos::html;
use leptos::prelude::*;
use shared::ids::MessageId;
use wasm_bindgen::prelude::{Closure, JsCast};
use web_sys::{Element, MutationObserver, MutationObserverInit, ResizeObserver};

use crate::core::intent::RoomIntent;
use crate::core::timeline::View;
use crate::state::{AppState, Room};

/// Maximum distance from the end, in pixels, at which the reader counts as being at the end.
const END_PX: i32 = 48;

/// Distance from the top, in pixels, below which older messages are loaded.
const TOP_PX: i32 = 240;

/// The scroll position of one list of messages. A handle: cheap to copy.
///
/// A `ResizeObserver` corrects the position after a change of height; it runs between layout and paint. A
/// `MutationObserver` corrects it after an exchange of rows; it runs before both. Rows of the same height change no size,
/// and removed rows can move the position up before others are added, which would look like a reader who scrolls up. So
/// the reader never sees a jump. The browser's own scroll anchoring is off, because not all browsers have it, and none
/// anchors at the very top.
#[derive(Clone, Copy)]
pub(crate) struct Scroll {
    app: AppState,
    room: Room,
    scroller: NodeRef<html::Div>,
    list: NodeRef<html::Ol>,
    last_top: StoredValue<i32>,
    /// The row that is being read, and its distance from the upper edge in pixels.
    anchor: StoredValue<Option<(Element, f64)>, LocalStorage>,
}

impl Scroll {
    /// Keeps the position of `list` in `scroller` until the component is removed.
    pub(crate) fn attach(
        app: AppState,
        room: Room,
        scroller: NodeRef<html::Div>,
        list: NodeRef<html::Ol>,
    ) -> Self {
        let (last_top, anchor) = (StoredValue::new(0), StoredValue::new_local(None));
        let this = Self { app, room, scroller, list, last_top, anchor };
        let observers = StoredValue::new_local(None::<Observers>);
        Effect::new(move |_| {
            let (Some(scroller), Some(list)) = (scroller.get(), list.get()) else { return };
            this.restore(&list);
            observers.set_value(Observers::observe(this, &scroller, &list));
        });
        on_cleanup(move || {
            this.keep_place();
            if let Some(Some(observers)) = observers.try_update_value(Option::take) {
                observers.sizes.disconnect();
                observers.rows.disconnect();
            }
        });
        this
    }

    /// Scrolls to the newest message.
    pub(crate) fn to_end(self) {
        if let Some(scroller) = self.scroller.get_untracked() {
            scroller.set_scroll_top(scroller.scroll_height());
            // Fewer rows move the end up. Without this the scroll event would look like a reader who scrolls up.
            self.last_top.set_value(scroller.scroll_top());
        }
    }

    /// Handles a scroll event, caused by the reader or by this type.
    pub(crate) fn scrolled(self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let (top, last_top) = (scroller.scroll_top(), self.last_top.get_value());
        // Caused by this type: the visible message is the same, and `correct` may be about to correct its position.
        if top == last_top {
            return;
        }
        let up = top < last_top;
        self.last_top.set_value(top);
        let below = scroller.scroll_height() - top - scroller.client_height();
        if below <= END_PX {
            self.app.in_room(self.room, RoomIntent::ReachBottom);
        } else if up {
            // Only upwards: when the content grows, the end moves away although the reader has not scrolled.
            self.app.in_room(self.room, RoomIntent::LeaveEnd);
        }
        if up && top < TOP_PX {
            self.app.in_room(self.room, RoomIntent::Older);
        }
        self.remember();
    }

    /// Returns to the message that the reader looked at when they left the room.
    fn restore(self, list: &Element) {
        let Some(place) = self.app.place(self.room) else { return };
        let row = list.query_selector(&format!("[data-message-id='{}']", place.message)).ok().flatten();
        self.anchor.set_value(row.map(|row| (row, f64::from(place.below_px))));
    }

    /// Keeps the message that the reader looks at, for when they come back to the room.
    fn keep_place(self) {
        let Some(Some((row, below_px))) = self.anchor.try_get_value() else { return };
        let id = row.get_attribute("data-message-id").and_then(|id| MessageId::parse(&id).ok());
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a screen")]
        if let Some(id) = id {
            self.app.in_room(self.room, RoomIntent::Place(id, below_px.round() as i32));
        }
    }

    /// Moves to the newest message, or to where the message that is being read was.
    fn correct(self) {
        let Some(scroller) = self.scroller.try_get_untracked().flatten() else { return };
        if self.room.view.get_untracked() == View::Following {
            return self.to_end();
        }
        if let Some((row, before)) = self.anchor.get_value()
            && row.is_connected()
        {
            let moved = offset_of(&row, &scroller) - before;
            #[expect(clippy::cast_possible_truncation, reason = "pixels of a screen")]
            scroller.set_scroll_top(scroller.scroll_top() + moved.round() as i32);
        }
        self.last_top.set_value(scroller.scroll_top());
    }

    /// Remembers which row is at the upper edge, by binary search.
    fn remember(self) {
        let (Some(scroller), Some(list)) = (self.scroller.get_untracked(), self.list.get_untracked()) else {
            return;
        };
        let rows = list.children();
        // The first row is not a message, and it is removed after the last page has been loaded.
        let (mut low, mut high) = (1, rows.length());
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(row) = rows.item(middle) else { break };
            if offset_of(&row, &scroller) + row.get_bounding_client_rect().height() <= 0.0 {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // Skip dividers: older messages are inserted below a divider, so its position does not identify the message.
        let is_message = |row: Element| row.class_list().contains("message");
        while low + 1 < rows.length() && !rows.item(low).is_some_and(is_message) {
            low += 1;
        }
        self.anchor.set_value(rows.item(low).map(|row| {
            let offset = offset_of(&row, &scroller);
            (row, offset)
        }));
    }
}

/// The observers, until they are dropped.
struct Observers {
    sizes: ResizeObserver,
    rows: MutationObserver,
    _on_change: [Closure<dyn FnMut()>; 2],
}

impl Observers {
    fn observe(scroll: Scroll, scroller: &Element, list: &Element) -> Option<Self> {
        let resized = Closure::<dyn FnMut()>::new(move || scroll.correct());
        let sizes = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok()?;
        sizes.observe(list);
        sizes.observe(scroller);
        let exchanged = Closure::<dyn FnMut()>::new(move || scroll.correct());
        let rows = MutationObserver::new(exchanged.as_ref().unchecked_ref()).ok()?;
        let children = MutationObserverInit::new();
        children.set_child_list(true);
        rows.observe_with_options(list, &children).ok()?;
        Some(Self { sizes, rows, _on_change: [resized, exchanged] })
    }
}

fn offset_of(row: &Element, scroller: &Element) -> f64 {
    row.get_bounding_client_rect().top() - scroller.get_bounding_client_rect().top()
}
