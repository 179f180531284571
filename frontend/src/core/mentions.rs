//! Whether a text mentions somebody: `@` and the name.

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
}
