//! Why a text is not a name or a number.

use thiserror::Error;

/// Why a text is not a valid name or number. The text of the error is for a person.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// A channel is `namespace:name`; see [`ChannelName`](super::ChannelName) for the allowed characters.
    #[error(
        "“{0}” is not a channel: a channel is namespace:name, like room:lobby, of letters, digits and _ - . + @"
    )]
    Channel(String),
    /// A namespace is lower-case letters, digits and hyphens.
    #[error("“{0}” is not a namespace: lower-case letters, digits and hyphens, beginning with a letter")]
    Namespace(String),
    /// A user id is ASCII letters, digits and a few marks.
    #[error("“{0}” is not a user id: 1 to 64 letters, digits and _ - .")]
    User(String),
    /// A display name has to show something, in one line.
    #[error("a name has 1 to 40 characters that can be seen, in one line")]
    DisplayName,
    /// A message id is a UUID.
    #[error("“{0}” is not a message id: a UUID is due, best of version 7")]
    Message(String),
    /// An epoch is an unsigned hexadecimal number.
    #[error("“{0}” is not an epoch: 16 hexadecimal digits are due")]
    Epoch(String),
}

/// Returns the start of a refused text, short enough for an error message.
pub(super) fn shown(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 40;
    let mut cut: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
