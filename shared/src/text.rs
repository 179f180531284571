//! Checks whether a text is visible, and removes invisible characters from names.
//!
//! Names are shown next to messages, so two names that look the same must be equal.

mod chars;

#[cfg(not(target_arch = "wasm32"))]
mod clean;

use chars::{is_blank_char, is_refused};
#[cfg(not(target_arch = "wasm32"))]
use clean::clean;

/// Whether `text` shows nothing: only white space, control characters and invisible marks.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_blank_char)
}

/// Returns `name` as it is shown: without invisible marks, with single spaces, and in Unicode's normal form C, so that
/// names that look the same are equal. Joiners and variation selectors stay if a script or an emoji needs them.
///
/// Returns `None` if nothing is visible, or if the name contains a control character, a line separator or a mark that
/// changes the direction of text.
pub(crate) fn clean_name(name: &str) -> Option<String> {
    let name = name.trim();
    if name.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !name.contains("  ") {
        return (!name.is_empty()).then(|| name.to_owned());
    }
    clean(name)
}

/// The app only checks a name. The server cleans it, so that the app does not need the code and the tables.
#[cfg(target_arch = "wasm32")]
fn clean(name: &str) -> Option<String> {
    let has_ink = name.chars().any(|c| !is_blank_char(c) && !chars::is_private(c));
    (has_ink && !name.chars().any(is_refused)).then(|| name.to_owned())
}

/// Returns the visible part of a name that another version of the server has accepted, at most `chars_max` characters.
pub(crate) fn showable_name(name: &str, chars_max: usize) -> String {
    let shown: String = name.chars().filter(|c| !is_refused(*c)).take(chars_max).collect();
    clean_name(&shown).unwrap_or_else(|| "?".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_text_without_ink_is_blank() {
        for text in [
            "",
            " \n",
            "\0",
            "\u{200b}",
            "\u{3164}",
            "\u{2800}",
            "\u{ad}",
            "\u{200d}\u{200c}",
            "\u{fe0f}",
            "\u{feff} \u{2060}",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", "👍", "❤️", "۔", "\u{301}", "\u{e000}", "\u{200b}x"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn what_shows_nothing_or_breaks_its_line_is_no_name() {
        for name in [
            "",
            "\u{200b}",
            "\u{2060}",
            "\u{3164}",
            "\u{2800}",
            "\u{ad}",
            "\u{feff}",
            "\u{200d}\u{200c}",
            "\u{ffa0}",
            "\u{fe0f}",
            "\u{34f}",
            "\u{e0041}",
            "\u{180e}",
            "\u{e000}",
            "\u{ffff}",
            "\u{fff9}",
            "\u{a0}",
            "\u{3000}",
            "\u{115f}",
            "a\u{2028}b",
            "a\u{2029}b",
            "a\u{202e}b",
            "a\u{61c}b",
            "a\nb",
            "a\u{85}b",
        ] {
            assert_eq!(clean_name(name), None, "{name:?}");
        }
    }
}
