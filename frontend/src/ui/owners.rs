//! The reactive owners of a list's rows, one for each row, used again after the row is gone.
//!
//! An owner keeps a weak reference to every child it ever had, and so the child's memory: about 100 bytes. With a new
//! owner for each row, a list would grow by that for every row ever drawn.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::Owner;

/// The owners of one list. A handle: cheap to clone.
#[derive(Clone)]
pub(super) struct Owners(Rc<Inner>);

struct Inner {
    /// What a row can use from around the list comes from here.
    parent: Owner,
    unused: RefCell<Vec<Owner>>,
}

impl Owners {
    /// No owners yet; all of them will be children of `parent`.
    pub(super) fn new(parent: Owner) -> Self {
        Self(Rc::new(Inner { parent, unused: RefCell::default() }))
    }

    /// Returns an owner that owns nothing.
    pub(super) fn acquire(&self) -> Owner {
        let unused = self.0.unused.borrow_mut().pop();
        unused.unwrap_or_else(|| self.0.parent.child())
    }

    /// Disposes of everything that a row made for itself, and keeps the owner for a later row. Contexts that the row
    /// provided stay, because the library has no way to remove them.
    pub(super) fn release(&self, owner: Owner) {
        owner.cleanup();
        self.0.unused.borrow_mut().push(owner);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use leptos::prelude::{RwSignal, Track, on_cleanup, provide_context, use_context};

    use super::*;

    #[test]
    fn a_list_makes_as_many_owners_as_it_has_rows_at_a_time() {
        let parent = Owner::new();
        let owners = Owners::new(parent.clone());
        let mut made = HashSet::new();
        let mut rows: Vec<Owner> = (0..24).map(|_| owners.acquire()).collect();
        for _ in 0..1_000 {
            made.extend(rows.iter().map(Owner::debug_id));
            rows.drain(..12).for_each(|row| owners.release(row));
            rows.extend((0..12).map(|_| owners.acquire()));
        }
        assert_eq!(made.len(), 24, "12,012 rows were drawn");
        assert_eq!(rows.iter().map(Owner::debug_id).collect::<HashSet<_>>(), made, "no two rows share one");
    }

    #[test]
    fn what_a_row_made_goes_with_it_and_what_is_around_the_list_reaches_the_next() {
        let cleaned = Arc::new(AtomicUsize::new(0));
        let parent = Owner::new();
        parent.with(|| provide_context("around the list"));
        let owners = Owners::new(parent.clone());
        for row in 1..=3 {
            let owner = owners.acquire();
            let signal = owner.with(|| {
                assert_eq!(use_context::<&str>(), Some("around the list"));
                let cleaned = Arc::clone(&cleaned);
                on_cleanup(move || {
                    cleaned.fetch_add(1, Ordering::Relaxed);
                });
                RwSignal::new(row)
            });
            signal.track();
            owners.release(owner);
            assert_eq!(cleaned.load(Ordering::Relaxed), row);
            assert!(leptos::prelude::IsDisposed::is_disposed(&signal));
        }
    }
}
