//! Removes the invisible characters of a name.

use super::chars::{is_invisible, is_joiner, is_private, is_refused};

/// Cleans a name; see [`clean_name`](super::clean_name).
pub(super) fn clean(name: &str) -> Option<String> {
    let mut clean = normal_form(name);
    // A removed mark may have separated two characters that now compose to one, so repeat until nothing changes. Each round
    // except the last makes the name shorter.
    loop {
        let next = normal_form(&without_invisible(&clean)?);
        if next == clean {
            return Some(next);
        }
        clean = next;
    }
}

/// Returns `name` without invisible characters, or `None` as [`clean`] does.
fn without_invisible(name: &str) -> Option<String> {
    let mut clean = String::with_capacity(name.len());
    let (mut before, mut has_ink) = (None, false);
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        if is_refused(c) {
            return None;
        }
        let next = rest.peek().copied();
        if c.is_whitespace() {
            if before.is_some_and(|before| before != ' ') {
                clean.push(' ');
                before = Some(' ');
            }
        } else if !is_invisible(c) && (!is_joiner(c) || before.is_some_and(|before| joins(before, c, next))) {
            has_ink |= !is_joiner(c) && !is_private(c);
            clean.push(c);
            before = Some(c);
        }
    }
    clean.truncate(clean.trim_end().len());
    has_ink.then_some(clean)
}

/// Whether the joiner `c` changes how these two characters are drawn.
fn joins(before: char, c: char, next: Option<char>) -> bool {
    let next_is = |is: fn(char) -> bool| next.is_some_and(is);
    match c {
        '\u{200d}' if is_pictograph(before) || before == '\u{fe0f}' => next_is(is_pictograph),
        // A letter that does not join the next one looks the same without the joiner.
        '\u{200c}' | '\u{200d}' => {
            is_vowel_killer(before) || is_joined(before) && !ends_joining(before) && next_is(is_joined)
        }
        '\u{fe0e}' | '\u{fe0f}' => {
            is_pictograph(before) || matches!(before, '0'..='9' | '#' | '*') && next == Some('\u{20e3}')
        }
        '\u{180b}'..='\u{180f}' => matches!(before, '\u{1820}'..='\u{18aa}'),
        '\u{e0020}'..='\u{e007f}' => matches!(before, '\u{1f3f4}' | '\u{e0020}'..='\u{e007e}'),
        '\u{e0100}'..='\u{e01ef}' => {
            matches!(before, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
        }
        _ => false,
    }
}

/// Letters and marks of the scripts whose letters change with their neighbours.
fn is_joined(c: char) -> bool {
    matches!(
        c,
        '\u{620}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{18aa}'
            | '\u{1b00}'..='\u{1bff}' | '\u{a840}'..='\u{a8ff}' | '\u{a9e0}'..='\u{aa7f}'
            | '\u{fb50}'..='\u{fdcf}' | '\u{fe70}'..='\u{fefc}' | '\u{11000}'..='\u{11fff}'
    )
}

/// Arabic letters that never join the next one (`Joining_Type` R and U), as far as names use them.
fn ends_joining(c: char) -> bool {
    matches!(
        c,
        '\u{621}'..='\u{625}' | '\u{627}' | '\u{629}' | '\u{62f}'..='\u{632}' | '\u{648}' | '\u{671}'..='\u{677}'
            | '\u{688}'..='\u{699}' | '\u{6c0}' | '\u{6c3}'..='\u{6cb}' | '\u{6cd}' | '\u{6cf}'
            | '\u{6d2}' | '\u{6d3}' | '\u{6d5}'
    )
}

/// The sign that removes the vowel of a letter. A joiner after it selects the form of the letter, even at the end of a word.
fn is_vowel_killer(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{d7f}' if u32::from(c) & 0x7f == 0x4d) || c == '\u{dca}'
}

fn is_pictograph(c: char) -> bool {
    matches!(
        c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{27ff}'
            | '\u{2900}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

fn normal_form(text: &str) -> String {
    icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

#[cfg(test)]
mod tests {
    use crate::text::clean_name;

    #[test]
    fn names_that_look_alike_are_the_same() {
        for (written, shown) in [
            ("Ada\u{200b}", "Ada"),
            ("A\u{ad}da", "Ada"),
            ("\u{feff} Ada \u{2060}", "Ada"),
            ("Ada \u{200b} Lovelace", "Ada Lovelace"),
            ("Ada\u{a0}\u{3000}Lovelace", "Ada Lovelace"),
            ("Ada\u{200c}\u{200d}\u{fe0f}\u{34f}", "Ada"),
            ("Zoe\u{308}", "Zoë"),
            ("a\u{200d}\u{30a}", "å"),
            ("1\u{fe0f}", "1"),
            ("🏴x\u{e0067}", "🏴x"),
            ("داد\u{200c}ا", "دادا"),
            ("A\u{ffff}\u{e0001}", "A"),
        ] {
            assert_eq!(clean_name(written).as_deref(), Some(shown), "{written:?}");
        }
    }

    #[test]
    fn joiners_stay_where_they_are_seen() {
        for name in [
            "علی\u{200c}رضا",
            "क्\u{200d}ष",
            "അവന്\u{200d}",
            "👩\u{200d}💻",
            "👩🏽\u{200d}❤\u{fe0f}\u{200d}👨🏻",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "1\u{fe0f}\u{20e3}",
            "葛\u{e0100}城",
            "🇩🇪",
        ] {
            assert_eq!(clean_name(name).as_deref(), Some(name), "{name:?}");
        }
    }
}
