//! Every word that the app says to a person. Views and models take their words from here and contain none themselves.
//!
//! [`Words`] holds the fixed texts, and [`Sentences`] the texts that depend on values. A second language is another folder
//! beside [`english`] with both; the compiler names each text that it lacks. [`words`] and [`sentences`] then choose the
//! language. Until then both return constants, so the compiler inlines the texts and the choice costs no byte.
//!
//! The app's loading screen works without WebAssembly. Its words are in `index.html` and at the top of `boot.js`.

mod english;
mod sentences;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use sentences::Sentences;
pub(crate) use words::Words;

/// Returns the fixed texts.
pub(crate) const fn words() -> &'static Words {
    &english::WORDS
}

/// Returns the texts that depend on values.
pub(crate) const fn sentences() -> &'static dyn Sentences {
    &english::English
}
