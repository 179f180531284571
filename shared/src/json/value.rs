//! Any JSON value as text.

use serde_json::{Number, Value};

use super::write::{Write, write_text};

impl Write for Value {
    fn write(&self, to: &mut String) {
        write_value(to, self, None);
    }
}

/// Returns the number of bytes that `value` has as text.
pub fn length(value: &Value) -> usize {
    let mut text = String::new();
    value.write(&mut text);
    text.len()
}

/// Returns the text of `value`, indented for a reader.
pub fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, Some(0));
    text
}

/// Returns the same object with its fields in alphabetical order, or an empty text if `object` is not JSON.
pub fn sorted(object: &str) -> String {
    let mut text = String::new();
    if let Ok(value) = serde_json::from_str::<Value>(object) {
        value.write(&mut text);
    }
    text
}

/// Appends `value`. If `depth` is given, each item has its own line, indented by that many levels.
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

/// Uses the browser's own conversion: serde_json's table is 10 KB that do not compress, and the standard library's code
/// is 12 KB.
#[cfg(target_arch = "wasm32")]
fn fraction(number: f64) -> String {
    let text =
        js_sys::Number::from(number).to_string_with_radix(10).map_or_else(|_| "0".to_owned(), String::from);
    // The point makes the next reader take it for a fraction too.
    if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
}

#[cfg(not(target_arch = "wasm32"))]
fn fraction(number: f64) -> String {
    Value::from(number).to_string()
}
