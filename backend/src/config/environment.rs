//! The `TIDINGS_*` variables.
//!
//! Deployment tools set variables that are empty, or that end with a line break. So each value is trimmed, an empty one counts
//! as unset, and one that cannot be read is refused with the name of the variable.

use std::ffi::OsString;

use super::error::ConfigError;
use super::settings::{Given, SETTINGS};
use super::value::{ValueError, trim};

/// The beginning of the name of each variable.
const PREFIX: &str = "TIDINGS_";

/// Reads a variable by its name.
pub(super) type Read<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Returns the settings that are given by variables.
///
/// # Errors
/// [`ConfigError::Variable`].
pub(super) fn settings(read: Read) -> Result<Given, ConfigError> {
    let mut settings = Given::default();
    for setting in SETTINGS {
        let variable = setting.variable;
        let value = read(variable).map_or(Ok(None), trimmed);
        let read = value.and_then(|value| match value {
            Some(value) => settings.read_text(setting, &value),
            None => Ok(()),
        });
        read.map_err(|reason| ConfigError::Variable { variable, reason })?;
    }
    Ok(settings)
}

/// Removes blanks around a value. Returns `None` if nothing else is left. A value that is not UTF-8, such as a path, stays as
/// it is.
///
/// # Errors
/// [`ValueError::Quoted`].
fn trimmed(value: OsString) -> Result<Option<OsString>, ValueError> {
    let Some(text) = value.to_str().map(trim) else { return Ok(Some(value)) };
    if text.len() > 1 && ['"', '\''].iter().any(|mark| text.starts_with(*mark) && text.ends_with(*mark)) {
        return Err(ValueError::Quoted);
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

/// Returns the names of variables that begin as those of settings, but are not settings, such as a misspelt one.
///
/// Kubernetes sets variables of this form for a service called `tidings`. They have `_SERVICE_` or `_PORT_` in the name, or an
/// address as the value, and are not returned.
pub fn unknown_variables(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<String> {
    let is_known = |name: &str| SETTINGS.iter().any(|setting| setting.variable == name);
    let is_of_a_service = |name: &str, value: &OsString| {
        name.contains("_SERVICE_")
            || name.contains("_PORT_")
            || value.to_str().is_some_and(|value| value.contains("://"))
    };
    let variables = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let mut unknown: Vec<String> = variables
        .filter(|(name, value)| name.starts_with(PREFIX) && !is_known(name) && !is_of_a_service(name, value))
        .map(|(name, _)| name)
        .collect();
    unknown.sort();
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_variable_is_found_and_those_of_a_service_are_not() {
        let variables = [
            ("TIDINGS_CONNECTION_MAX", "5"),
            ("TIDINGS_CONNECTIONS_MAX", "5"),
            ("TIDINGS_API_KEY", "x"),
            ("TIDINGS_TOKEN_SECRET", "x"),
            ("TIDINGS_LOG", "info"),
            ("TIDINGS_PORT", "9501"),
            ("TIDINGS_PORT_9501_TCP_ADDR", "10.0.0.1"),
            ("TIDINGS_SERVICE_HOST", "10.0.0.1"),
            ("PATH", "/bin"),
        ];
        let found = unknown_variables(variables.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(found, ["TIDINGS_CONNECTION_MAX", "TIDINGS_PORT"]);
        let service = ("TIDINGS_PORT".into(), "tcp://10.0.0.1:9501".into());
        assert!(unknown_variables([service]).is_empty());
    }
}
