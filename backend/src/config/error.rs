//! Why settings cannot be used.

use std::path::PathBuf;

use thiserror::Error;

use super::value::ValueError;

/// A source of values that are texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Source {
    /// The command line.
    #[error("a flag")]
    Flag,
    /// The environment.
    #[error("a TIDINGS_* variable")]
    Variable,
}

/// Why the settings cannot be used. The message is for the operator.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A flag has a value that cannot be used.
    #[error("the flag --{flag} cannot be used: {reason}")]
    Flag {
        /// The flag without `--`.
        flag: &'static str,
        /// What is wrong, the value, and the expected form.
        reason: ValueError,
    },
    /// A variable has a value that cannot be used.
    #[error("the variable {variable} cannot be used: {reason}")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// What is wrong, the value (unless it is a secret), and the expected form.
        reason: ValueError,
    },
    /// The file cannot be read.
    #[error("the config file {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        reason: std::io::Error,
    },
    /// The file has something that cannot be used.
    #[error("the config file {} cannot be used: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: TomlError,
    },
    /// A number is below its minimum.
    #[error("{setting} is {value}; the minimum is {min}")]
    TooSmall {
        /// The setting, as its flag is written.
        setting: &'static str,
        /// Its value.
        value: u64,
        /// The minimum.
        min: u64,
    },
}

/// What is wrong in the config file. No message shows the value of a secret.
#[derive(Debug, Error)]
pub enum TomlError {
    /// It is not TOML.
    #[error("line {line}: {reason}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The parser's message, without the text of the line, which may hold a secret.
        reason: String,
    },
    /// A key is not a setting.
    #[error("“{key}” is not a setting")]
    Unknown {
        /// The key.
        key: String,
    },
    /// A value has the wrong type or form.
    #[error("“{key}”: {reason}")]
    Value {
        /// The key, with the names of its tables.
        key: String,
        /// The parser's message, with the value.
        reason: String,
    },
    /// The value of a secret is not a text.
    #[error("“{key}” must be a text in quotation marks")]
    Secret {
        /// The key.
        key: String,
    },
}
