//! Who is mentioned in a text: `@` and the name.

use super::case;

/// Whether `text` has `@` followed by `name`, in any case, and then no further letter or digit.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    if name.is_empty() || !text.contains('@') {
        return false;
    }
    let (text, name) = (case::lower(text), case::lower(name));
    text.split('@').skip(1).any(|after| {
        let rest = after.strip_prefix(name.as_str());
        rest.is_some_and(|rest| !rest.chars().next().is_some_and(char::is_alphanumeric))
    })
}

/// Returns the length in bytes of the longest of `names` at the start of `text`, in any case, if no letter or digit
/// follows it.
pub(crate) fn name_at(text: &str, names: &[String]) -> Option<usize> {
    let is_at_start = |name: &&String| {
        let is_same = |start: &&str| {
            start.eq_ignore_ascii_case(name) || (!start.is_ascii() && case::lower(start) == case::lower(name))
        };
        let start = text.get(..name.len()).filter(is_same);
        start.is_some_and(|_| !text[name.len()..].chars().next().is_some_and(char::is_alphanumeric))
    };
    names.iter().filter(is_at_start).map(String::len).max().filter(|length| *length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_the_whole_name_after_an_at_sign() {
        for text in ["@Ada", "hi @ada!", "(@Ada)", "@Adam and @Ada", "@@ada", "@Ada\u{3001}"] {
            assert!(mentions(text, "Ada"), "{text}");
        }
        for text in ["Ada", "@Adam", "@ Ada", "ada@example.org", ""] {
            assert!(!mentions(text, "Ada"), "{text}");
        }
        assert!(mentions("@ada lovelace, please", "Ada Lovelace"));
        assert!(!mentions("@ada", ""));
    }

    #[test]
    fn of_two_names_that_begin_alike_the_longer_is_mentioned() {
        let names = ["Ada", "Ada Lovelace", ""].map(str::to_owned);
        assert_eq!(name_at("ada lovelace, hi", &names), Some(12));
        assert_eq!(name_at("Ada Love", &names), Some(3));
        assert_eq!(name_at("дмитрий!", &["Дмитрий".to_owned()]), Some(14));
        assert_eq!((name_at("Adam", &names), name_at("", &names), name_at("é", &names)), (None, None, None));
    }
}
