//! Kinds of characters that a name or a text must not consist of.
//!
//! The lists follow Unicode 16 (`Default_Ignorable_Code_Point`, and the letters without ink of Hangul and Braille).

/// Control characters, line ends, and the marks that change the direction of text. With them, one name could look like
/// another, or continue on the next line.
pub(super) fn is_refused(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters without ink that change nothing visible.
pub(super) fn is_invisible(c: char) -> bool {
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

/// Characters without ink that may change how their neighbours are drawn.
pub(super) fn is_joiner(c: char) -> bool {
    matches!(
        c,
        '\u{180b}'..='\u{180f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Characters for private use: each machine draws them differently, and most draw nothing.
pub(super) fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// White space, control characters and invisible marks.
pub(super) fn is_blank_char(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c) || is_joiner(c)
}
