//! Values that can be written as JSON.

/// A type that can be written as JSON.
pub trait Write {
    /// Appends the JSON of this value.
    fn write(&self, to: &mut String);

    /// Whether an object leaves out a field with this value.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, to: &mut String) {
        match self {
            Some(value) => value.write(to),
            None => to.push_str("null"),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl Write for str {
    fn write(&self, to: &mut String) {
        write_text(to, self);
    }
}

impl Write for String {
    fn write(&self, to: &mut String) {
        write_text(to, self);
    }
}

impl Write for bool {
    fn write(&self, to: &mut String) {
        to.push_str(if *self { "true" } else { "false" });
    }
}

impl Write for u64 {
    fn write(&self, to: &mut String) {
        to.push_str(&self.to_string());
    }
}

impl Write for u32 {
    fn write(&self, to: &mut String) {
        u64::from(*self).write(to);
    }
}

/// Appends `text` as a JSON string.
pub(super) fn write_text(to: &mut String, text: &str) {
    to.push('"');
    for c in text.chars() {
        match c {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            '\u{8}' => to.push_str("\\b"),
            '\u{c}' => to.push_str("\\f"),
            '\0'..' ' => {
                const DIGITS: [char; 16] =
                    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
                let code = c as usize;
                to.push_str("\\u00");
                to.push(DIGITS[code >> 4]);
                to.push(DIGITS[code & 15]);
            }
            c => to.push(c),
        }
    }
    to.push('"');
}
