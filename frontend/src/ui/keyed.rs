//! A list whose rows keep their elements for as long as they keep their keys.
//!
//! Leptos's own list moves all rows below those that are put on top, and the browser then lays out all of them again: with
//! a thousand messages loaded, the longest task while scrolling up takes 300 ms instead of 50. The app is also 2,827
//! bytes larger with it.

use std::time::Duration;

use leptos::prelude::*;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::{AnyAttribute, IntoAnyAttribute};
use leptos::tachys::hydration::Cursor;
use leptos::tachys::renderer::{Rndr, types};
use leptos::tachys::view::add_attr::AddAnyAttr;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};

use super::key::Key;
use super::moves::{Origin, origins};
use super::owners::Owners;

/// Maximum number of removed rows that are dropped in one task.
const DROPPED_MAX: usize = 50;

/// An item of a list, and how it is drawn if it is new.
pub(super) struct Item {
    pub(super) key: Key,
    pub(super) view: Box<dyn Draw>,
}

/// A view that is built at most once.
pub(super) trait Draw: Send {
    fn draw(self: Box<Self>) -> AnyView;
}

impl<F: FnOnce() -> AnyView + Send> Draw for F {
    fn draw(self: Box<Self>) -> AnyView {
        self()
    }
}

/// The items to show now.
pub(super) struct Keyed {
    items: Vec<Item>,
    /// What the rows' owners are children of. It outlives all rows.
    owner: Owner,
    /// Attributes that were added to the list as a whole. Each row gets them.
    attributes: Vec<AnyAttribute>,
}

/// The rows that are shown, with a mark below the last.
pub(super) struct Shown {
    rows: Vec<Row>,
    end: types::Placeholder,
    owners: Owners,
}

struct Row {
    key: Key,
    view: <AnyView as Render>::State,
    owner: Owner,
}

impl Keyed {
    pub(super) fn new(items: Vec<Item>, owner: Owner) -> Self {
        Self { items, owner, attributes: Vec::new() }
    }
}

/// Builds a row that is not in the page yet.
fn row(owners: &Owners, attributes: &[AnyAttribute], Item { key, view }: Item) -> Row {
    let owner = owners.acquire();
    let view = owner.with(|| match attributes {
        [] => view.draw().build(),
        _ => view.draw().add_any_attr(attributes.to_vec()).into_any().build(),
    });
    Row { key, view, owner }
}

impl Render for Keyed {
    type State = Shown;

    fn build(self) -> Shown {
        let owners = Owners::new(self.owner);
        let rows = self.items.into_iter().map(|item| row(&owners, &self.attributes, item)).collect();
        Shown { rows, end: Rndr::create_placeholder(), owners }
    }

    fn rebuild(self, Shown { rows, end, owners }: &mut Shown) {
        let before: Vec<&Key> = rows.iter().map(|row| &row.key).collect();
        let after: Vec<&Key> = self.items.iter().map(|item| &item.key).collect();
        let origins = origins(&before, &after);
        let mut old: Vec<Option<Row>> = std::mem::take(rows).into_iter().map(Some).collect();
        for (item, origin) in self.items.into_iter().zip(&origins) {
            let known = origin.index().and_then(|index| old.get_mut(index)?.take());
            rows.push(known.unwrap_or_else(|| row(owners, &self.attributes, item)));
        }
        let mut gone: Vec<Row> = old.into_iter().flatten().collect();
        gone.iter_mut().for_each(|row| row.view.unmount());
        drop_rows(gone, owners.clone());
        // From the last to the first, so that the row below is already in its place.
        for (at, _) in
            origins.iter().enumerate().rev().filter(|(_, origin)| !matches!(origin, Origin::Kept(_)))
        {
            let (above, below) = rows.split_at_mut(at + 1);
            let Some(row) = above.last_mut() else { continue };
            match below.first() {
                Some(next) => next.view.insert_before_this(&mut row.view),
                None => end.insert_before_this(&mut row.view),
            };
        }
    }
}

/// Drops rows that are out of the page, some in each task. To drop a row costs about as much as to build it, and a jump
/// to the newest message drops up to 600.
fn drop_rows(mut rows: Vec<Row>, owners: Owners) {
    let rest = rows.split_off(rows.len().min(DROPPED_MAX));
    for Row { view, owner, .. } in rows {
        drop(view);
        owners.release(owner);
    }
    if !rest.is_empty() {
        set_timeout(move || drop_rows(rest, owners), Duration::ZERO);
    }
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

impl AddAnyAttr for Keyed {
    type Output<A: Attribute> = Self;

    fn add_any_attr<A: Attribute>(mut self, attribute: A) -> Self {
        self.attributes.push(attribute.into_cloneable_owned().into_any_attr());
        self
    }
}

// The app is never rendered on a server, but a view must implement this.
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
