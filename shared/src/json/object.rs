//! JSON objects, field by field.

use serde_json::{Map, Value};

use super::read::{Read, Unreadable};
use super::write::{Write, write_text};

/// The fields of an object. Each can be read once; unknown fields are ignored.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a text.
    ///
    /// # Errors
    /// [`Unreadable::NoObject`] if the text is not JSON or not an object.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) | Err(_) => Err(Unreadable::NoObject),
        }
    }

    /// Reads the field `name`. A field of type `Option` may be absent or `null`.
    ///
    /// # Errors
    /// [`Unreadable::Field`] if the field is absent and required, or if its value is not valid.
    pub fn read<T: Read>(&mut self, name: &'static str) -> Result<T, Unreadable> {
        self.remove(name).map_or_else(T::absent, T::read).ok_or(Unreadable::Field(name))
    }

    /// Reads the field `name`, or returns the default if the field is absent.
    ///
    /// # Errors
    /// [`Unreadable::Field`] if its value is not valid. `null` counts as a value.
    pub fn read_or_default<T: Read + Default>(&mut self, name: &'static str) -> Result<T, Unreadable> {
        self.remove(name).map_or_else(|| Some(T::default()), T::read).ok_or(Unreadable::Field(name))
    }

    /// Whether the object has the field `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.get_mut(name).map(Value::take)
    }
}

/// A type that is read from the fields of an object.
pub(crate) trait ReadFields: Sized {
    /// Reads the fields of this type and leaves all others.
    fn read_fields(fields: &mut Fields) -> Result<Self, Unreadable>;
}

impl<T: ReadFields> Read for T {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => T::read_fields(&mut Fields(fields)).ok(),
            _ => None,
        }
    }
}

/// Writes an object, field by field.
#[derive(Debug)]
pub struct Writer<'a>(&'a mut String);

impl<'a> Writer<'a> {
    /// Returns the JSON of an object whose fields `write` adds.
    pub fn object(write: impl FnOnce(&mut Writer<'_>)) -> String {
        let mut text = String::new();
        Writer::append(&mut text, write);
        text
    }

    fn append(text: &'a mut String, write: impl FnOnce(&mut Self)) {
        text.push('{');
        let mut writer = Self(text);
        write(&mut writer);
        writer.0.push('}');
    }

    /// Adds a field, unless its value is absent.
    pub fn field(&mut self, name: &str, value: &(impl Write + ?Sized)) {
        if value.is_absent() {
            return;
        }
        // No value ends with this character, so it is the one that opened the object.
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        write_text(self.0, name);
        self.0.push(':');
        value.write(self.0);
    }
}

/// A type that is written as the fields of an object.
pub(crate) trait WriteFields {
    /// Adds the fields of this value.
    fn write_fields(&self, to: &mut Writer<'_>);
}

impl<T: WriteFields> Write for T {
    fn write(&self, to: &mut String) {
        Writer::append(to, |writer| self.write_fields(writer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_field_that_may_be_missing_may_not_hold_something_else() {
        let mut fields = Fields::parse(r#"{"one":1,"null":null,"text":"x","large":4294967296}"#).unwrap();
        assert_eq!(fields.read::<Option<u64>>("one"), Ok(Some(1)));
        assert_eq!(fields.read::<Option<u64>>("null"), Ok(None));
        assert_eq!(fields.read::<Option<u64>>("missing"), Ok(None));
        assert_eq!(fields.read::<Option<u64>>("text"), Err(Unreadable::Field("text")));
        assert_eq!(fields.read::<u64>("missing"), Err(Unreadable::Field("missing")));
        assert_eq!(fields.read::<u32>("large"), Err(Unreadable::Field("large")));
        assert_eq!(fields.read_or_default::<bool>("missing"), Ok(false));
    }

    #[test]
    fn only_an_object_has_fields() {
        for text in ["", "[]", "1", "{", "{}x"] {
            assert_eq!(Fields::parse(text).err(), Some(Unreadable::NoObject), "{text}");
        }
    }

    #[test]
    fn an_absent_value_is_not_written() {
        let written = Writer::object(|to| {
            to.field("none", &None::<u64>);
            to.field("brace", "{");
            to.field("some", &Some(1_u64));
        });
        assert_eq!(written, r#"{"brace":"{","some":1}"#);
    }
}
