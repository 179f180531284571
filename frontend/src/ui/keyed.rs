//! A list whose items keep their elements. Leptos's own moves all that stand below what is put on top, and the browser
//! lays out all of them anew: with six hundred messages that takes longer than ten frames.

use std::time::Duration;

use leptos::prelude::*;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::renderer::{Rndr, types};
use leptos::tachys::view::add_attr::AddAnyAttr;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};

use super::key::Key;

/// Most rows that are given back at a time, once they are out of sight.
const GIVEN_BACK_MAX: usize = 50;

/// An item of a list, and how it is drawn if it is new.
pub(super) struct Item {
    pub(super) key: Key,
    pub(super) view: Box<dyn Draw>,
}

/// What is drawn once, or not at all.
pub(super) trait Draw: Send {
    fn draw(self: Box<Self>) -> AnyView;
}

impl<F: FnOnce() -> AnyView + Send> Draw for F {
    fn draw(self: Box<Self>) -> AnyView {
        self()
    }
}

/// The items as they are to be shown now. `owner` outlives all of them.
pub(super) struct Keyed {
    pub(super) items: Vec<Item>,
    pub(super) owner: Owner,
}

/// The items as they are shown, with a mark below the last.
pub(super) struct Shown {
    rows: Vec<Row>,
    end: types::Placeholder,
}

struct Row {
    key: Key,
    view: <AnyView as Render>::State,
    /// What the row has made for itself goes with it.
    _owner: Owner,
}

impl Keyed {
    fn row(owner: &Owner, Item { key, view }: Item) -> Row {
        let owner = owner.with(Owner::new);
        Row { key, view: owner.with(|| view.draw().build()), _owner: owner }
    }
}

impl Render for Keyed {
    type State = Shown;

    fn build(self) -> Shown {
        let rows = self.items.into_iter().map(|item| Self::row(&self.owner, item)).collect();
        Shown { rows, end: Rndr::create_placeholder() }
    }

    fn rebuild(self, Shown { rows, end }: &mut Shown) {
        let before: Vec<&Key> = rows.iter().map(|row| &row.key).collect();
        let after: Vec<&Key> = self.items.iter().map(|item| &item.key).collect();
        let places = places(&before, &after);
        let mut old: Vec<Option<Row>> = std::mem::take(rows).into_iter().map(Some).collect();
        let mut is_in_place = Vec::with_capacity(places.len());
        for (item, (place, stays)) in self.items.into_iter().zip(places) {
            let known = place.and_then(|place| old.get_mut(place)?.take());
            is_in_place.push(known.is_some() && stays);
            rows.push(known.unwrap_or_else(|| Self::row(&self.owner, item)));
        }
        let mut gone: Vec<Row> = old.into_iter().flatten().collect();
        gone.iter_mut().for_each(|row| row.view.unmount());
        give_back(gone);
        // From below, so that what each is put above of is in its place already.
        for (at, _) in is_in_place.iter().enumerate().rev().filter(|(_, stays)| !**stays) {
            let (above, below) = rows.split_at_mut(at + 1);
            let Some(row) = above.last_mut() else { continue };
            match below.first() {
                Some(next) => next.view.insert_before_this(&mut row.view),
                None => end.insert_before_this(&mut row.view),
            };
        }
    }
}

/// To take a row apart takes nearly as long as to make it, and who goes to the newest leaves six hundred behind.
fn give_back(mut gone: Vec<Row>) {
    let rest = gone.split_off(gone.len().min(GIVEN_BACK_MAX));
    if !rest.is_empty() {
        set_timeout(move || give_back(rest), Duration::ZERO);
    }
}

/// Where each of `after` was in `before`, and whether it stays where it is while others come, go and move.
fn places(before: &[&Key], after: &[&Key]) -> Vec<(Option<usize>, bool)> {
    let mut next = 0;
    let place = |key: &&Key| {
        // Nearly all are where the one above lets expect them.
        let (passed, ahead) = before.split_at(next);
        let found = ahead.iter().position(|known| known == key).map(|at| next + at);
        let found = found.or_else(|| passed.iter().position(|known| known == key));
        next = found.map_or(next, |found| found + 1);
        (found, false)
    };
    let mut places: Vec<_> = after.iter().map(place).collect();
    let mut below = before.len();
    for (place, stays) in places.iter_mut().rev() {
        if let Some(place) = place.filter(|place| *place < below) {
            (below, *stays) = (place, true);
        }
    }
    places
}

impl Mountable for Shown {
    fn unmount(&mut self) {
        self.rows.iter_mut().for_each(|row| row.view.unmount());
        self.end.unmount();
    }

    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        self.rows.iter_mut().for_each(|row| row.view.mount(parent, marker));
        self.end.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match self.rows.first() {
            Some(row) => row.view.insert_before_this(child),
            None => self.end.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<types::Element> {
        self.rows.iter().flat_map(|row| row.view.elements()).collect()
    }
}

// What a list in a view needs to be, and what only a page from a server would use.

impl AddAnyAttr for Keyed {
    type Output<A: Attribute> = Self;

    fn add_any_attr<A: Attribute>(self, _: A) -> Self {
        self
    }
}

impl RenderHtml for Keyed {
    type AsyncOutput = Self;
    type Owned = Self;
    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> Shown {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a list: `=` stays, `^` is moved, `+` is new.
    fn change(before: &[u64], after: &[u64]) -> String {
        let keys = |of: &[u64]| of.iter().copied().map(Key::Number).collect::<Vec<_>>();
        let (before_keys, after_keys) = (keys(before), keys(after));
        let places = places(&before_keys.iter().collect::<Vec<_>>(), &after_keys.iter().collect::<Vec<_>>());
        let told = places.into_iter().zip(after).map(|((place, stays), key)| {
            assert_eq!(place.map(|place| before[place]), before.contains(key).then_some(*key));
            match (place, stays) {
                (None, _) => '+',
                (Some(_), true) => '=',
                (Some(_), false) => '^',
            }
        });
        told.collect()
    }

    #[test]
    fn what_is_put_above_moves_nothing() {
        assert_eq!(change(&[3, 4, 5], &[1, 2, 3, 4, 5]), "++===");
        assert_eq!(change(&[3, 4, 5, 6], &[1, 2, 3, 4]), "++==", "nor where others go below");
        assert_eq!(change(&[9, 3, 4], &[8, 1, 2, 3, 4]), "+++==", "nor with another heading");
    }

    #[test]
    fn what_comes_below_or_between_or_goes_moves_nothing() {
        assert_eq!(change(&[], &[1, 2]), "++");
        assert_eq!(change(&[1, 2, 3], &[2, 3, 4]), "==+");
        assert_eq!(change(&[1, 2, 3], &[1, 5, 3]), "=+=");
        assert_eq!(change(&[1, 2, 3], &[]), "");
    }

    #[test]
    fn who_changes_places_is_moved_and_the_others_stay() {
        assert_eq!(change(&[9, 1, 2, 3], &[1, 2, 3, 9]), "^^^=");
        assert_eq!(change(&[1, 2, 3, 9], &[9, 1, 2, 3]), "^===");
        assert_eq!(change(&[1, 2], &[2, 1]), "^=");
    }
}
