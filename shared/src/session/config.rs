//! Who a session connects as.

use crate::ids::DisplayName;

/// Who a session connects as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionConfig {
    /// How the client proves who it is.
    pub credential: Credential,
    /// The name that others see.
    pub name: Option<DisplayName>,
}

/// How a client proves to the server who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A guest, with the token of an earlier visit. If the server does not accept it any more, the guest is a new one.
    Guest(Option<String>),
    /// A user with a token of the application's own server. If the server does not accept it, the session ends.
    Token(String),
}

impl Default for Credential {
    fn default() -> Self {
        Self::Guest(None)
    }
}
