//! The text of a message as a tree: code, quotes, lists, emphasis, links, mentions and rooms.
//!
//! Anybody may write the text, and every reader's browser parses it. So the cost is linear in its length, the number of nodes and
//! the depth are limited, and nothing of it is ever interpreted as HTML. The tree has every character of the text, also the
//! markers, so [`source`] returns exactly what was written.

mod blocks;
mod emoji;
mod inline;
mod links;
#[cfg(test)]
mod source;
mod steps;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use blocks::parse;
pub(crate) use emoji::is_emoji_only;
#[cfg(test)]
pub(crate) use source::source;
pub(crate) use tree::{Block, Inline, Item, Mark};
