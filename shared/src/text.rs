//! Which characters of a text can be seen, and what a name is without the others.
//!
//! Names are shown next to messages, so two that look the same must be the same. The lists follow Unicode 16
//! (`Default_Ignorable_Code_Point`, and the letters without ink of Hangul and Braille).

#[cfg(not(target_arch = "wasm32"))]
mod clean;
#[cfg(not(target_arch = "wasm32"))]
use clean::clean;

/// Whether nothing of `text` can be seen: white space, control characters and invisible marks alone.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(|c| !(c.is_whitespace() || c.is_control() || is_invisible(c) || is_joiner(c)))
}

/// Returns `name` as it is shown: without invisible marks, with single spaces, and in Unicode's normal form C, so that
/// names that look alike are equal. Joiners and variation selectors stay where a script or an emoji needs them.
///
/// Returns `None` if nothing can be seen, or if the name holds a control character, a line separator or a mark that
/// turns the direction of text.
pub fn clean_name(name: &str) -> Option<String> {
    let name = name.trim();
    if name.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !name.contains("  ") {
        return (!name.is_empty()).then(|| name.to_owned());
    }
    clean(name)
}

/// The page only checks a name. The server cleans it, so that the page does not carry the code and the tables.
#[cfg(target_arch = "wasm32")]
fn clean(name: &str) -> Option<String> {
    let has_ink = name.chars().any(|c| !is_blank(c.encode_utf8(&mut [0; 4])) && !is_private(c));
    (has_ink && !name.chars().any(is_refused)).then(|| name.to_owned())
}

/// Returns as much of `name` as can be shown, at most `chars_max` characters; for names that another version of the
/// server has accepted.
pub fn showable_name(name: &str, chars_max: usize) -> String {
    let shown: String = name.chars().filter(|c| !is_refused(*c)).take(chars_max).collect();
    clean_name(&shown).unwrap_or_else(|| "?".to_owned())
}

/// Control characters, line ends, and the marks that turn the direction of text: they would let one name look like
/// another, or break out of its line.
fn is_refused(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// What has no ink and changes nothing that can be seen.
fn is_invisible(c: char) -> bool {
    let number = u32::from(c);
    let is_no_character = number & 0xfffe == 0xfffe || matches!(number, 0xfdd0..=0xfdef);
    is_no_character
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
                | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        )
}

/// What has no ink itself, but changes how its neighbours are drawn where they are of the right kind.
fn is_joiner(c: char) -> bool {
    matches!(
        c,
        '\u{180b}'..='\u{180f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// For private use: no two machines draw the same, and most draw nothing.
fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
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
