//! Keeps the log where the reader wants it: at the newest message, or at the one being read.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::{Closure, JsCast};
use web_sys::{Element, MutationObserver, MutationObserverInit, ResizeObserver};

use crate::core::timeline::View;
use crate::state::{Room, Tidings};

/// So near to the end, in pixels, the reader counts as being there.
const END_PX: i32 = 48;

/// So near to the top, in pixels, older messages are loaded.
const TOP_PX: i32 = 240;

/// The scrolling of one log. A handle: cheap to copy.
///
/// What changes the height of the content is answered from a `ResizeObserver`, which runs between layout and paint, and
/// what exchanges rows from a `MutationObserver`, which runs before both: nobody sees the log jump. Browsers' own scroll
/// anchoring is off, because not all have it, and none at the very top.
#[derive(Clone, Copy)]
pub(crate) struct Scroll {
    tidings: Tidings,
    room: Room,
    scroller: NodeRef<html::Div>,
    list: NodeRef<html::Ol>,
    last_top: StoredValue<i32>,
    /// The row that is being read, and how far below the upper edge it stands.
    anchor: StoredValue<Option<(Element, f64)>, LocalStorage>,
}

impl Scroll {
    /// Keeps `list` in `scroller` in place for as long as the component is there.
    pub(crate) fn attach(
        tidings: Tidings,
        room: Room,
        scroller: NodeRef<html::Div>,
        list: NodeRef<html::Ol>,
    ) -> Self {
        let (last_top, anchor) = (StoredValue::new(0), StoredValue::new_local(None));
        let this = Self { tidings, room, scroller, list, last_top, anchor };
        let observing = StoredValue::new_local(None::<Observing>);
        Effect::new(move |_| {
            let (Some(scroller), Some(list)) = (scroller.get(), list.get()) else { return };
            observing.set_value(Observing::begin(this, &scroller, &list));
        });
        on_cleanup(move || {
            if let Some(Some(observing)) = observing.try_update_value(Option::take) {
                observing.sizes.disconnect();
                observing.rows.disconnect();
            }
        });
        this
    }

    /// Goes to the newest message.
    pub(crate) fn to_end(self) {
        if let Some(scroller) = self.scroller.get_untracked() {
            scroller.set_scroll_top(scroller.scroll_height());
            // Fewer rows move the end up: that the log was scrolled so is no sign of a reader who scrolls.
            self.last_top.set_value(scroller.scroll_top());
        }
    }

    /// The log has been scrolled, by the reader or by this.
    pub(crate) fn scrolled(self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let (top, last_top) = (scroller.scroll_top(), self.last_top.get_value());
        // By this: what the reader looks at is the same, and may be about to be put in its place again.
        if top == last_top {
            return;
        }
        let up = top < last_top;
        self.last_top.set_value(top);
        let below = scroller.scroll_height() - top - scroller.client_height();
        if below <= END_PX {
            self.room.newer();
        } else if up {
            // Only upwards: when content grows, the end moves away from a reader who has not moved.
            self.room.leave_end();
        }
        if up && top < TOP_PX {
            self.room.older(self.tidings);
        }
        self.remember();
    }

    fn resized(self) {
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

    /// Rows have come at one end and gone at the other: where they are as high, no size has changed.
    fn exchanged(self) {
        if self.room.view.try_get_untracked().is_some_and(|view| view != View::Following) {
            self.resized();
        }
    }

    /// Notes which row is at the upper edge. The rows stand in order, so it is found by halving.
    fn remember(self) {
        let (Some(scroller), Some(list)) = (self.scroller.get_untracked(), self.list.get_untracked()) else {
            return;
        };
        let rows = list.children();
        // The first is no message: it goes away when the last page has been loaded.
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
        // A divider stays on top when older messages are put below it: only a message keeps its neighbours.
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

/// What tells of changes, for as long as it is kept.
struct Observing {
    sizes: ResizeObserver,
    rows: MutationObserver,
    _on_change: [Closure<dyn FnMut()>; 2],
}

impl Observing {
    fn begin(scroll: Scroll, scroller: &Element, list: &Element) -> Option<Self> {
        let resized = Closure::<dyn FnMut()>::new(move || scroll.resized());
        let sizes = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok()?;
        sizes.observe(list);
        sizes.observe(scroller);
        let exchanged = Closure::<dyn FnMut()>::new(move || scroll.exchanged());
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
