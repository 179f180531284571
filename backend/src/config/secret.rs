//! The key of the HTTP API and the secret of the tokens: given, or made at the first start.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Settings;

/// A text that is shown to nobody: what is printed of it for debugging has not the text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Shortest key or secret that is taken, in bytes.
const SECRET_BYTES_MIN: usize = 16;

/// Why there is no key. The text is for the operator.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file with the key cannot be read or written.
    #[error("{} cannot be used: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's word.
        reason: std::io::Error,
    },
    /// The key is so short that it can be guessed.
    #[error("{0} is too short: at least {SECRET_BYTES_MIN} bytes are needed")]
    Short(String),
    /// The operating system has no randomness.
    #[error("no key can be made: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// The key of the HTTP API.
///
/// # Errors
/// [`KeyError`].
pub fn api_key(settings: &Settings) -> Result<String, KeyError> {
    given_or_kept(
        settings.api_key.as_ref().map(Secret::as_str),
        "the API key",
        &settings.data.join("api-key"),
    )
}

/// The secret that signs tokens.
///
/// # Errors
/// [`KeyError`].
pub fn token_secret(settings: &Settings) -> Result<String, KeyError> {
    given_or_kept(
        settings.token_secret.as_ref().map(Secret::as_str),
        "the token secret",
        &settings.data.join("token-secret"),
    )
}

fn given_or_kept(given: Option<&str>, what: &str, path: &Path) -> Result<String, KeyError> {
    let secret = match given {
        Some(secret) => secret.to_owned(),
        None => kept(path)?,
    };
    if secret.len() < SECRET_BYTES_MIN { Err(KeyError::Short(what.to_owned())) } else { Ok(secret) }
}

fn kept(path: &Path) -> Result<String, KeyError> {
    let failed = |reason| KeyError::File { path: path.to_owned(), reason };
    match std::fs::read_to_string(path) {
        Ok(text) => {
            // It may have been made by hand.
            crate::permissions::owner_only(path, 0o600).map_err(failed)?;
            Ok(text.trim().to_owned())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let secret = crate::random::secret()?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path).map_err(failed)?;
            file.write_all(format!("{secret}\n").as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(failed)?;
            Ok(secret)
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings { data: directory.path().to_owned(), ..Settings::default() };
        let key = api_key(&settings).unwrap();
        assert_eq!(api_key(&settings).unwrap(), key);
        assert_eq!(key.len(), 64);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = directory.path().join("api-key").metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_that_can_be_guessed_is_refused() {
        let key = |key: &str| Settings { api_key: Some(Secret::from(key.to_owned())), ..Settings::default() };
        assert!(matches!(api_key(&key(&"x".repeat(SECRET_BYTES_MIN - 1))), Err(KeyError::Short(_))));
        assert_eq!(api_key(&key(&"x".repeat(SECRET_BYTES_MIN))).unwrap().len(), SECRET_BYTES_MIN);
    }
}
