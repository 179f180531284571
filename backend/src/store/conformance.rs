//! The test suite that every store of the log has to pass: one public function per property of the contract of [`Log`].
//!
//! [`log_conformance!`](crate::log_conformance) makes a `#[test]` of each property, each with a log of its own. A store in another crate
//! enables the feature `conformance`, implements [`Store`] and calls the macro.

mod append;
mod durability;
mod read;
mod store;
mod trim;

pub use append::*;
pub use durability::*;
pub use read::*;
pub use store::{AtOnce, Store, chat, chat_payload};
pub use trim::*;

#[cfg(doc)]
use super::Log;

/// Makes a `#[test]` of each property of the contract of [`Log`]. The argument is an expression that makes a new [`Store`].
///
/// ```ignore
/// mod contract {
///     backend::log_conformance!(MyStore::new());
/// }
/// ```
#[macro_export]
macro_rules! log_conformance {
    ($store:expr) => {
        $crate::log_conformance! { $store =>
            a_failed_append_leaves_nothing,
            a_log_that_was_not_closed_has_what_was_appended,
            a_reopened_log_has_what_was_appended,
            a_retry_is_recognised,
            a_time_in_the_future_protects_no_message,
            an_appended_message_is_read_unchanged,
            an_entry_of_appends_and_trims_is_applied_as_a_whole,
            an_unknown_channel_is_empty,
            channels_are_listed_by_name,
            concurrent_readers_see_a_growing_prefix,
            names_and_payloads_are_read_unchanged,
            offsets_at_the_limits_are_valid_cursors,
            offsets_grow_in_order,
            pages_follow_each_other_without_hole_or_overlap,
            retries_among_new_messages_use_no_offset,
            trimming_continues_at_the_returned_channel,
            trimming_deletes_only_outdated_messages,
            two_channels_may_use_the_same_message_id,
        }
    };
    ($store:expr => $($property:ident),+ $(,)?) => {
        $(
            #[test]
            fn $property() {
                $crate::store::conformance::$property(&$store);
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_macro_makes_a_test_of_every_property() {
        let own = include_str!("conformance.rs");
        let (_, list) = own.split_once("{ $store =>\n").unwrap();
        let (list, _) = list.split_once("        }\n").unwrap();
        let listed: Vec<&str> = list.lines().map(|line| line.trim().trim_end_matches(',')).collect();
        let files = [
            include_str!("conformance/append.rs"),
            include_str!("conformance/durability.rs"),
            include_str!("conformance/read.rs"),
            include_str!("conformance/trim.rs"),
        ];
        let properties = files.iter().flat_map(|file| file.lines()).filter_map(|line| {
            let (name, _) = line.strip_prefix("pub fn ")?.split_once("(store: &dyn Store)")?;
            Some(name)
        });
        let mut properties: Vec<&str> = properties.collect();
        properties.sort_unstable();
        assert_eq!(listed, properties);
    }
}
