//! Which page of history a channel asks for, and which answers count.
//!
//! A page may show nothing: reactions, edits and retractions are messages of the log too, and are drawn on the message
//! they are about. Such a page leads on to the next one by itself.

use shared::ids::Offset;

/// Maximum number of pages that follow a page by themselves, because none of them shows anything. Then the reader is
/// asked again: they may not want more.
const PAGES_IN_A_ROW_MAX: usize = 20;

/// The request for older messages of one channel. There is one at a time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Paging {
    /// The `before` of the request that has not been answered.
    asked: Option<Option<Offset>>,
    /// How many pages have followed by themselves since the reader asked.
    in_a_row: usize,
}

impl Paging {
    /// A page is asked for, by the reader or because the channel is opened.
    pub(crate) fn ask(&mut self, before: Option<Offset>) {
        *self = Self { asked: Some(before), in_a_row: 0 };
    }

    /// Whether an answer to `before` is to the open request, which it then closes. The answer to an earlier request is
    /// to be ignored: what it holds would not join what is loaded now.
    pub(crate) fn answer(&mut self, before: Option<Offset>) -> bool {
        let is_answer = self.asked == Some(before);
        if is_answer {
            self.asked = None;
        }
        is_answer
    }

    /// After a page whose oldest message is at `oldest`, and which showed something or did not: the `before` of the next
    /// request, which is then open. `None` if there is none to make.
    pub(crate) fn lead_on(&mut self, has_shown: bool, more: bool, oldest: Option<Offset>) -> Option<Offset> {
        if has_shown || !more || self.in_a_row >= PAGES_IN_A_ROW_MAX {
            return None;
        }
        self.in_a_row += usize::from(oldest.is_some());
        self.asked = oldest.map(Some);
        oldest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_shows_nothing_leads_on_from_its_oldest_message() {
        let mut paging = Paging::default();
        paging.ask(Some(Offset(52)));
        assert!(paging.answer(Some(Offset(52))));
        assert_eq!(paging.lead_on(false, true, Some(Offset(2))), Some(Offset(2)));
        assert!(paging.answer(Some(Offset(2))));
        assert_eq!(paging.lead_on(true, true, Some(Offset(1))), None);
    }

    #[test]
    fn pages_that_show_nothing_follow_each_other_so_often_and_then_wait_for_the_reader() {
        let mut paging = Paging::default();
        for _ in 0..2 {
            paging.ask(None);
            let followed =
                (0..100).take_while(|n| paging.lead_on(false, true, Some(Offset(1_000 - n))).is_some());
            assert_eq!(followed.count(), PAGES_IN_A_ROW_MAX);
        }
    }

    #[test]
    fn there_is_an_end_where_the_log_ends_or_a_page_is_empty() {
        let mut paging = Paging::default();
        assert_eq!(paging.lead_on(false, false, Some(Offset(2))), None);
        assert_eq!(paging.lead_on(false, true, None), None);
        assert_eq!(paging, Paging::default(), "nothing is open");
    }

    #[test]
    fn an_answer_counts_once_and_a_late_one_does_not() {
        let mut paging = Paging::default();
        paging.ask(Some(Offset(9)));
        paging.ask(Some(Offset(5)));
        assert!(!paging.answer(Some(Offset(9))), "an earlier request");
        assert!(!paging.answer(None));
        assert!(paging.answer(Some(Offset(5))));
        assert!(!paging.answer(Some(Offset(5))), "nothing is open");
    }
}
