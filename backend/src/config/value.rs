//! How the value of a setting is read from a text (of a flag or a variable), and how its default is shown.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use thiserror::Error;

use super::list::List;
use super::listen::{Listen, ListenError};
use super::origin::{HostError, Origin, OriginError, OwnHost};
use super::secret::Secret;

/// Why a text is not a value of a setting. The message is for the operator.
#[derive(Debug, Error)]
pub enum ValueError {
    /// It is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It is in quotation marks, which some tools do not remove. In a key or a path they would be noticed late.
    #[error("it is in quotation marks; leave them out")]
    Quoted,
    /// It is not a whole number of the setting's range.
    #[error("“{text}” is not a number from 0 to {max}")]
    Number {
        /// The text.
        text: String,
        /// The largest number of the setting's type.
        max: u64,
    },
    /// It is not one of a few words.
    #[error("“{text}” is not one of: {words}")]
    Word {
        /// The text.
        text: String,
        /// The words, separated by commas.
        words: String,
    },
    /// It is not an address to listen on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// It is not an origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// It is not a host name.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// The type of a setting.
pub(super) trait Value: Sized {
    /// Whether the flag can be repeated. The texts are then joined by commas.
    const IS_LIST: bool = false;

    /// Reads a text.
    ///
    /// # Errors
    /// [`ValueError`].
    fn read(text: &OsStr) -> Result<Self, ValueError>;

    /// Returns the text that [`read`](Self::read) reads as this value; empty if there is no value.
    fn show(&self) -> String;
}

/// Removes blanks and line breaks around a text, and the byte order mark that some editors write before it.
pub(super) fn trim(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

fn utf8(text: &OsStr) -> Result<&str, ValueError> {
    text.to_str().ok_or(ValueError::NotUtf8)
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Value for $number {
            fn read(text: &OsStr) -> Result<Self, ValueError> {
                let text = utf8(text)?;
                text.parse().map_err(|_| ValueError::Number { text: text.to_owned(), max: Self::MAX as u64 })
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

numbers!(u32, u64, usize);

impl Value for String {
    fn read(text: &OsStr) -> Result<Self, ValueError> {
        utf8(text).map(str::to_owned)
    }

    fn show(&self) -> String {
        self.clone()
    }
}

/// A path need not be UTF-8.
impl Value for PathBuf {
    fn read(text: &OsStr) -> Result<Self, ValueError> {
        Ok(text.into())
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for Secret {
    fn read(text: &OsStr) -> Result<Self, ValueError> {
        String::read(text).map(Self::from)
    }

    /// A secret is never shown.
    fn show(&self) -> String {
        String::new()
    }
}

impl Value for Listen {
    fn read(text: &OsStr) -> Result<Self, ValueError> {
        Ok(utf8(text)?.parse()?)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The items of a list in a setting.
trait Item: Display + FromStr<Err: Into<ValueError>> {}

impl Item for Origin {}
impl Item for OwnHost {}

impl<T: Item> Value for List<T> {
    const IS_LIST: bool = true;

    fn read(text: &OsStr) -> Result<Self, ValueError> {
        utf8(text)?.parse().map_err(Into::into)
    }

    fn show(&self) -> String {
        self.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

impl<T: Value> Value for Option<T> {
    fn read(text: &OsStr) -> Result<Self, ValueError> {
        T::read(text).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
}

/// Reads one of the words of an enum.
pub(super) fn read_word<T: ValueEnum>(text: &OsStr) -> Result<T, ValueError> {
    let text = utf8(text)?;
    T::from_str(text, true).map_err(|_| {
        let words: Vec<String> = T::value_variants().iter().map(show_word).collect();
        ValueError::Word { text: text.to_owned(), words: words.join(", ") }
    })
}

/// Returns the word of a variant.
pub(super) fn show_word<T: ValueEnum>(word: &T) -> String {
    word.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
