//! The `TIDINGS_*` variables.
//!
//! Deployment tools hand over variables that are empty, or that end with a line break. So each one is trimmed, an empty
//! one counts as unset, and one that cannot be read is refused by its own name.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};

use crate::config::Secret;
use crate::config::cli::{ConfigError, ServeArgs};

/// The key of the HTTP API. A variable, not a flag: others can see flags.
const API_KEY: &str = "TIDINGS_API_KEY";

/// The secret that signs tokens.
const TOKEN_SECRET: &str = "TIDINGS_TOKEN_SECRET";

/// How the name of each variable begins.
const PREFIX: &str = "TIDINGS_";

/// Reads a variable.
pub(super) type Read<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A variable without the blanks around it, or `None` if there is nothing else. A value that is not UTF-8, such as a
/// path, stays as it is.
///
/// # Errors
/// [`ConfigError::Variable`] for a value in quotation marks, which some tools do not take off: as a part of a key or of a
/// path they would be found out late.
pub(super) fn given(name: &str, read: Read) -> Result<Option<OsString>, ConfigError> {
    let Some(value) = read(name) else { return Ok(None) };
    let Some(text) = value.to_str().map(trim) else { return Ok(Some(value)) };
    if text.len() > 1 && ['"', '\''].iter().any(|mark| text.starts_with(*mark) && text.ends_with(*mark)) {
        let reason = "it is in quotation marks; leave them out".to_owned();
        return Err(ConfigError::Variable { name: name.to_owned(), reason });
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

/// Removes blanks and line breaks around a text, and the byte order mark that some editors write before it.
pub(super) fn trim(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

/// The command without its variables, which clap would take as they are. The help still names them.
pub(super) fn without_variables(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let Some(variable) = argument.get_env().map(|name| name.to_string_lossy().into_owned()) else {
            return argument;
        };
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        argument.env(Resettable::Reset).help(format!("{help} [variable: {variable}]"))
    });
    command.mut_subcommands(without_variables)
}

/// The settings that are given by variables.
///
/// # Errors
/// [`ConfigError::Variable`].
pub(super) fn settings(read: Read) -> Result<ServeArgs, ConfigError> {
    let declared = ServeArgs::augment_args(Command::new("tidings"));
    let mut flags = Vec::new();
    for argument in declared.get_arguments() {
        let (Some(flag), Some(name)) = (argument.get_long(), argument.get_env()) else { continue };
        let name = name.to_string_lossy();
        let Some(value) = given(&name, read)? else { continue };
        let mut words = OsString::from(format!("--{flag}="));
        words.push(value);
        parse([words.clone()])
            .map_err(|error| ConfigError::Variable { name: name.into_owned(), reason: sentence(&error) })?;
        flags.push(words);
    }
    let invalid = |error: clap::Error| ConfigError::Invalid(sentence(&error));
    let mut settings = ServeArgs::from_arg_matches(&parse(flags).map_err(invalid)?).map_err(invalid)?;
    settings.api_key = text(API_KEY, read)?.map(Secret::from);
    settings.token_secret = text(TOKEN_SECRET, read)?.map(Secret::from);
    Ok(settings)
}

/// The names of variables that look like settings and are none, such as a misspelt one.
///
/// Kubernetes sets some of that form for a service called `tidings`. They hold an address, or have `_SERVICE_` or `_PORT_` in the name.
pub fn unknown_variables(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<String> {
    let declared = ServeArgs::augment_args(Command::new("tidings"));
    let known = |name: &str| {
        [API_KEY, TOKEN_SECRET].contains(&name)
            || declared.get_arguments().any(|argument| argument.get_env().is_some_and(|known| known == name))
    };
    let of_a_service = |name: &str, value: &OsString| {
        name.contains("_SERVICE_")
            || name.contains("_PORT_")
            || value.to_str().is_some_and(|value| value.contains("://"))
    };
    let variables = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let mut unknown: Vec<String> = variables
        .filter(|(name, value)| name.starts_with(PREFIX) && !known(name) && !of_a_service(name, value))
        .map(|(name, _)| name)
        .collect();
    unknown.sort();
    unknown
}

fn parse(flags: impl IntoIterator<Item = OsString>) -> Result<ArgMatches, clap::Error> {
    let command = without_variables(ServeArgs::augment_args(Command::new("tidings")));
    command.no_binary_name(true).try_get_matches_from(flags)
}

fn text(name: &str, read: Read) -> Result<Option<String>, ConfigError> {
    let text = given(name, read)?.map(OsString::into_string).transpose();
    text.map_err(|_| ConfigError::Variable { name: name.to_owned(), reason: "it is not UTF-8".to_owned() })
}

/// What clap says of a value, without the parts for somebody who types it.
fn sentence(error: &clap::Error) -> String {
    let said = error.to_string();
    let said = said.strip_prefix("error: ").unwrap_or(&said);
    let lines: Vec<&str> = said.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    lines.join(" ")
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
