//! The config file.

use std::path::Path;

use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Value};

use crate::config::cli::ConfigError;
use crate::config::environment::trim;

/// Reads the settings in a TOML file. As with variables, texts are trimmed, and an empty one counts as not given.
///
/// # Errors
/// [`ConfigError::Unreadable`] and [`ConfigError::File`].
pub(super) fn read(path: &Path) -> Result<Dict, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|reason| ConfigError::Unreadable { path: path.to_owned(), reason })?;
    let text = text.trim_start_matches('\u{feff}');
    let mut settings = Toml::from_str::<Dict>(text).map_err(|error| {
        // The error's own text shows the line, which may hold a key.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let reason = format!("line {}: {}", before.matches('\n').count() + 1, error.message());
        ConfigError::File { path: path.to_owned(), reason }
    })?;
    for value in settings.values_mut() {
        if let Value::String(_, text) = value {
            *text = trim(text).to_owned();
        }
    }
    settings.retain(|_, value| value.as_str() != Some(""));
    Ok(settings)
}

/// A sentence for each key of the file that `other` gives another value.
pub(super) fn overridden(file: &Dict, other: &Dict, who: &str) -> Vec<String> {
    let both = other.iter().filter_map(|(key, value)| Some((key, value, file.get(key)?)));
    let changed = both.filter(|(_, value, in_file)| !same(value, in_file));
    changed.map(|(key, ..)| format!("{who} stands over “{key}” in the config file")).collect()
}

/// Whether two values are equal, wherever they come from.
fn same(one: &Value, other: &Value) -> bool {
    serde_json::to_string(one).ok() == serde_json::to_string(other).ok()
}
