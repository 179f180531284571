//! The key of an item in a list.

/// What makes an item of a list the same item after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Number(u64),
    Text(String),
    /// An id, and the kind of item that it belongs to.
    Id(u8, u128),
}
