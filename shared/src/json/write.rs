//! Writes objects, and values as they were read.

use serde_json::{Number, Value};

/// An object that is being written, field by field.
#[derive(Debug)]
pub struct Writer(String);

impl Writer {
    /// An object whose first field is `name`, with a text.
    pub fn new(name: &str, text: &str) -> Self {
        let mut writer = Self(String::from("{"));
        writer.text(name, text);
        writer
    }

    /// An object whose first field is `name`, with a number.
    pub fn of_number(name: &str, number: u64) -> Self {
        let mut writer = Self(String::from("{"));
        writer.number(name, number);
        writer
    }

    /// Adds a text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        write_text(&mut self.0, text);
    }

    /// Adds a number.
    pub fn number(&mut self, name: &str, number: u64) {
        self.raw(name, &number.to_string());
    }

    /// Adds a number where there is one.
    pub fn maybe_number(&mut self, name: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.number(name, number);
        }
    }

    /// Adds what is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.0.push_str(json);
    }

    /// Adds any value.
    pub fn value(&mut self, name: &str, value: &Value) {
        self.name(name);
        write_value(&mut self.0, value, None);
    }

    /// The text of the object.
    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        write_text(&mut self.0, name);
        self.0.push(':');
    }
}

/// How many bytes the text of `value` has.
pub fn length(value: &Value) -> usize {
    let mut text = String::new();
    write_value(&mut text, value, None);
    text.len()
}

/// The text of `value`, laid out to be read.
pub fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, Some(0));
    text
}

/// The same object with its fields in alphabetical order.
pub fn sorted(object: &str) -> String {
    let mut text = String::new();
    if let Ok(value) = serde_json::from_str(object) {
        write_value(&mut text, &value, None);
    }
    text
}

/// Writes `value`; in lines where its `depth` is given.
fn write_value(to: &mut String, value: &Value, depth: Option<usize>) {
    match value {
        Value::Null => to.push_str("null"),
        Value::Bool(true) => to.push_str("true"),
        Value::Bool(false) => to.push_str("false"),
        Value::Number(number) => write_number(to, number),
        Value::String(text) => write_text(to, text),
        Value::Array(items) => {
            let inner = depth.map(|depth| depth + 1);
            to.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(to, index, inner);
                write_value(to, item, inner);
            }
            close(to, ']', items.is_empty(), depth);
        }
        Value::Object(fields) => {
            let inner = depth.map(|depth| depth + 1);
            to.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                separate(to, index, inner);
                write_text(to, name);
                to.push_str(if depth.is_some() { ": " } else { ":" });
                write_value(to, field, inner);
            }
            close(to, '}', fields.is_empty(), depth);
        }
    }
}

fn separate(to: &mut String, index: usize, depth: Option<usize>) {
    if index > 0 {
        to.push(',');
    }
    indent(to, depth);
}

fn close(to: &mut String, bracket: char, is_empty: bool, depth: Option<usize>) {
    if !is_empty {
        indent(to, depth);
    }
    to.push(bracket);
}

fn indent(to: &mut String, depth: Option<usize>) {
    if let Some(depth) = depth {
        to.push('\n');
        (0..depth).for_each(|_| to.push_str("  "));
    }
}

fn write_number(to: &mut String, number: &Number) {
    if let Some(number) = number.as_u64() {
        to.push_str(&number.to_string());
    } else if let Some(number) = number.as_i64() {
        to.push_str(&number.to_string());
    } else if let Some(number) = number.as_f64() {
        to.push_str(&fraction(number));
    }
}

/// Not by serde_json, whose table for fractions is 10 KB that do not compress, nor by the library's 12 KB: the browser
/// has all of it.
#[cfg(target_arch = "wasm32")]
fn fraction(number: f64) -> String {
    let text =
        js_sys::Number::from(number).to_string_with_radix(10).map_or_else(|_| "0".to_owned(), String::from);
    // It stays a fraction when it is read again.
    if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
}

#[cfg(not(target_arch = "wasm32"))]
fn fraction(number: f64) -> String {
    Value::from(number).to_string()
}

fn write_text(to: &mut String, text: &str) {
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
