//! A signal that views can read, and only this folder can set.

use std::ops::Deref;

use leptos::prelude::*;

/// A value for views. It dereferences to the signal to read.
pub(crate) struct Value<T: Send + Sync + 'static> {
    read: ReadSignal<T>,
    write: WriteSignal<T>,
}

impl<T: Send + Sync> Clone for Value<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Value<T> {}

impl<T: Send + Sync> Deref for Value<T> {
    type Target = ReadSignal<T>;

    fn deref(&self) -> &ReadSignal<T> {
        &self.read
    }
}

impl<T: Send + Sync> Value<T> {
    pub(super) fn new(value: T) -> Self {
        let (read, write) = signal(value);
        Self { read, write }
    }

    pub(super) fn set(self, value: T) {
        self.write.set(value);
    }

    pub(super) fn update(self, change: impl FnOnce(&mut T)) {
        self.write.update(change);
    }
}
