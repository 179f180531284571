//! Lists in the forms of deployment tools: `a, b`, with a trailing comma, or with one item per line.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::ops::Deref;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// A list. In a text, commas, blanks or line breaks separate the items; empty items are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: FromStr> FromStr for List<T> {
    type Err = T::Err;
    fn from_str(text: &str) -> Result<Self, T::Err> {
        let items = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|item| !item.is_empty());
        items.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Items(PhantomData))
    }
}

struct Items<T>(PhantomData<T>);

impl<'de, T: FromStr<Err: Display>> Visitor<'de> for Items<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a list of texts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<List<T>, E> {
        text.parse().map_err(E::custom)
    }

    /// An item may be a text with several items.
    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<List<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(List(more)) = sequence.next_element()? {
            items.extend(more);
        }
        Ok(List(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_line_breaks_and_trailing_commas_are_no_items() {
        for text in ["1,2", " 1, 2 ", "1,2,", "1\n2\r\n", ",1,,2"] {
            assert_eq!(text.parse::<List<u8>>().unwrap().0, [1, 2], "{text:?}");
        }
        assert!(" ,\n".parse::<List<u8>>().unwrap().is_empty());
        assert!("1,x".parse::<List<u8>>().is_err());
    }

    #[test]
    fn a_file_may_give_a_text_or_a_list_of_texts() {
        for json in [r#""1, 2""#, r#"["1", "2"]"#, r#"["1,", " 2 "]"#] {
            assert_eq!(serde_json::from_str::<List<u8>>(json).unwrap().0, [1, 2], "{json}");
        }
        assert!(serde_json::from_str::<List<u8>>("7").is_err());
    }
}
