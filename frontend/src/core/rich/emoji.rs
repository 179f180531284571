//! Messages of emoji alone, which are shown larger.

/// Maximum number of emoji of a large message.
const LARGE_EMOJI_MAX: usize = 3;

/// Maximum number of characters of such a message: families and flags have up to ten.
const CHARS_MAX: usize = 40;

/// Whether a text is one to three emoji and nothing else but blanks.
pub(crate) fn is_emoji_only(text: &str) -> bool {
    const JOINER: char = '\u{200d}';
    const KEYCAP: char = '\u{20e3}';
    let mut count = 0;
    let mut flag_is_half = false;
    let mut is_joined = false;
    let mut digit_waits = false;
    for (index, c) in text.chars().enumerate() {
        if index >= CHARS_MAX {
            return false;
        }
        match c {
            JOINER => is_joined = true,
            // A digit is an emoji with the keycap only.
            KEYCAP if digit_waits => digit_waits = false,
            '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' if count > 0 => {}
            _ if digit_waits => return false,
            c if c.is_whitespace() => is_joined = false,
            '0'..='9' | '#' | '*' => (digit_waits, count) = (true, count + 1),
            '\u{1f1e6}'..='\u{1f1ff}' => {
                count += usize::from(!flag_is_half);
                flag_is_half = !flag_is_half;
                continue;
            }
            c if is_emoji(c) => {
                count += usize::from(!is_joined);
                is_joined = false;
            }
            _ => return false,
        }
        flag_is_half = false;
    }
    (1..=LARGE_EMOJI_MAX).contains(&count) && !digit_waits
}

/// Whether this is the base of an emoji, by the blocks of Unicode that have them.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f7e0}'..='\u{1f7eb}' | '\u{1f900}'..='\u{1f9ff}'
        | '\u{1fa70}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b05}'..='\u{2b07}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}'
        | '\u{2b55}' | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23fa}' | '\u{2190}'..='\u{21ff}' | '\u{203c}' | '\u{2049}'
        | '\u{1f004}' | '\u{1f0cf}' | '\u{1f18e}' | '\u{1f191}'..='\u{1f19a}' | '\u{1f201}'..='\u{1f251}' | '\u{3030}' | '\u{303d}')
}
