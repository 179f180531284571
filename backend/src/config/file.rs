//! The config file.

use std::path::Path;

use shared::ids::Namespace;
use toml::{Table, Value};

use super::error::{ConfigError, TomlError};
use super::settings::Given;
use super::value::trim;

/// The table with the policies of namespaces.
const NAMESPACES: &str = "namespaces";

/// Settings whose values are never shown.
const SECRETS: [&str; 2] = ["api_key", "token_secret"];

/// Settings that the file itself cannot have.
const NOT_IN_THE_FILE: &str = "config";

/// Reads the settings in a TOML file. As with variables, texts are trimmed, and an empty one counts as not given.
///
/// # Errors
/// [`ConfigError::Unreadable`] and [`ConfigError::File`].
pub(super) fn read(path: &Path) -> Result<Given, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|reason| ConfigError::Unreadable { path: path.to_owned(), reason })?;
    settings(text.trim_start_matches('\u{feff}'))
        .map_err(|reason| ConfigError::File { path: path.to_owned(), reason })
}

fn settings(text: &str) -> Result<Given, TomlError> {
    let table = text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        TomlError::Syntax { line: before.matches('\n').count() + 1, reason: error.message().to_owned() }
    })?;
    let mut settings = Given::default();
    for (key, mut value) in table {
        if let Value::String(text) = &mut value {
            *text = trim(text).to_owned();
        }
        if value.as_str() == Some("") {
            continue;
        }
        if let (NAMESPACES, Value::Table(namespaces)) = (key.as_str(), &value) {
            read_namespaces(&mut settings, namespaces)?;
            continue;
        }
        match settings.read_toml(&key, value) {
            Ok(true) if key != NOT_IN_THE_FILE => {}
            Ok(_) => return Err(TomlError::Unknown { key }),
            // The parser's message would show the value.
            Err(_) if SECRETS.contains(&key.as_str()) => return Err(TomlError::Secret { key }),
            Err(error) => return Err(wrong(key, &error)),
        }
    }
    Ok(settings)
}

fn read_namespaces(settings: &mut Given, namespaces: &Table) -> Result<(), TomlError> {
    for (name, policy) in namespaces {
        let key = format!("{NAMESPACES}.{name}");
        let namespace = Namespace::parse(name)
            .map_err(|error| TomlError::Value { key: key.clone(), reason: error.to_string() })?;
        let policy = policy.clone().try_into().map_err(|error| wrong(key, &error))?;
        settings.namespaces.insert(namespace, policy);
    }
    Ok(())
}

fn wrong(key: String, error: &toml::de::Error) -> TomlError {
    TomlError::Value { key, reason: error.message().to_owned() }
}
