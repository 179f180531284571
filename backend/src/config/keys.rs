//! The key of the HTTP API and the secret that signs tokens: from the settings, or made at the first start and kept in a file.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::secret::Secret;
use super::settings::Settings;
use super::value::trim;

/// Minimum length of a key or secret, in bytes.
const SECRET_BYTES_MIN: usize = 16;

/// Why there is no key. The message is for the operator.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file with the key cannot be read or written.
    #[error("{} cannot be used: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        reason: std::io::Error,
    },
    /// The key cannot be used as one.
    #[error("{name} cannot be used: {reason}")]
    Unusable {
        /// The variable or the file that it comes from.
        name: String,
        /// What is wrong, and the expected form.
        reason: &'static str,
    },
    /// The operating system has no randomness.
    #[error("a new key cannot be made: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Returns the key of the HTTP API.
///
/// # Errors
/// [`KeyError`].
pub fn api_key(settings: &Settings) -> Result<String, KeyError> {
    let name = "TIDINGS_API_KEY (api_key in the config file)";
    let given = settings.api_key.as_ref().map(Secret::as_str);
    let key = given_or_kept(given, name, &settings.data.join("api-key"))?;
    // Clients disagree on how to encode other characters in a header field.
    let reason = "it must consist of visible ASCII characters, without blanks and line breaks between them";
    key.checked(|c| c.is_ascii_graphic(), reason)
}

/// Returns the secret that signs tokens.
///
/// # Errors
/// [`KeyError`].
pub(crate) fn token_secret(settings: &Settings) -> Result<String, KeyError> {
    let name = "TIDINGS_TOKEN_SECRET (token_secret in the config file)";
    let given = settings.token_secret.as_ref().map(Secret::as_str);
    let secret = given_or_kept(given, name, &settings.data.join("token-secret"))?;
    secret.checked(|c| !c.is_control(), "it must be one line of text")
}

/// A secret, and the variable or file that it comes from.
struct Candidate {
    text: String,
    name: String,
}

impl Candidate {
    fn checked(self, legal: impl Fn(char) -> bool, form: &'static str) -> Result<String, KeyError> {
        let Self { text, name } = self;
        if text.len() < SECRET_BYTES_MIN {
            return Err(KeyError::Unusable { name, reason: TOO_SHORT });
        }
        if !text.chars().all(legal) {
            return Err(KeyError::Unusable { name, reason: form });
        }
        Ok(text)
    }
}

/// The reason why a secret below [`SECRET_BYTES_MIN`] is refused.
const TOO_SHORT: &str = "it is too short: the minimum is 16 bytes";

/// Returns the given secret, or that of the file `path`. Blanks around it are removed: deployment tools and editors add line
/// breaks after a secret, and some a byte order mark before it.
fn given_or_kept(given: Option<&str>, name: &str, path: &Path) -> Result<Candidate, KeyError> {
    match given.map(trim).filter(|text| !text.is_empty()) {
        Some(text) => Ok(Candidate { text: text.to_owned(), name: name.to_owned() }),
        None => Ok(Candidate { text: kept(path)?, name: path.display().to_string() }),
    }
}

fn kept(path: &Path) -> Result<String, KeyError> {
    let failed = |reason| KeyError::File { path: path.to_owned(), reason };
    match std::fs::read_to_string(path) {
        Ok(text) => {
            // A file that was made by hand may be readable by others.
            crate::file_rights::owner_only(path, 0o600).map_err(failed)?;
            Ok(trim(&text).to_owned())
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

    fn with(key: &str) -> Settings {
        let secret = || Some(Secret::from(key.to_owned()));
        Settings { api_key: secret(), token_secret: secret(), ..Settings::default() }
    }

    #[test]
    fn what_is_around_a_key_does_not_belong_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let kept = Settings { data: directory.path().to_owned(), ..Settings::default() };
        let key = "0123456789abcdef";
        for text in [format!("{key}\n"), format!(" {key}\r\n"), format!("\u{feff}{key}")] {
            for settings in [with(&text), kept.clone()] {
                for name in ["api-key", "token-secret"] {
                    std::fs::write(directory.path().join(name), &text).unwrap();
                }
                assert_eq!(api_key(&settings).unwrap(), key, "{text:?}");
                assert_eq!(token_secret(&settings).unwrap(), key, "{text:?}");
            }
        }
    }

    #[test]
    fn a_key_that_cannot_be_used_is_named() {
        let refused = |error: KeyError, name: &str, form: &str| {
            let said = error.to_string();
            assert!(said.contains(name) && said.contains(form), "{said}");
        };
        let short = "x".repeat(SECRET_BYTES_MIN - 1);
        assert!(TOO_SHORT.contains(&SECRET_BYTES_MIN.to_string()));
        refused(api_key(&with(&short)).unwrap_err(), "TIDINGS_API_KEY", "16 bytes");
        refused(api_key(&with(&format!("{short}\n"))).unwrap_err(), "TIDINGS_API_KEY", "16 bytes");
        refused(token_secret(&with(&short)).unwrap_err(), "TIDINGS_TOKEN_SECRET", "16 bytes");
        for key in ["0123456789 abcdef", "01234567\n89abcdef", "0123456789abcdefé"] {
            refused(api_key(&with(key)).unwrap_err(), "TIDINGS_API_KEY", "visible ASCII");
        }
        refused(token_secret(&with("01234567\n89abcdef")).unwrap_err(), "TIDINGS_TOKEN_SECRET", "one line");
        assert_eq!(token_secret(&with("a phrase with é and blanks")).unwrap(), "a phrase with é and blanks");
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("api-key"), "").unwrap();
        let settings = Settings { data: directory.path().to_owned(), ..Settings::default() };
        refused(api_key(&settings).unwrap_err(), "api-key", "16 bytes");
        assert_eq!(api_key(&with(&"x".repeat(SECRET_BYTES_MIN))).unwrap().len(), SECRET_BYTES_MIN);
    }
}
