//! Parses the versions that programs print.

use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::process;

/// `major.minor.patch`; a missing number is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// Parses the first word of `text` that starts with a digit: `trunk 0.21.14`, `wasm-opt version 132 (version_132)`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let word = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
        let mut numbers = word.split(['.', '-', '+']).map_while(|part| part.parse().ok());
        Some(Self(numbers.next()?, numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
    }

    /// Returns the version that `program --version` prints.
    pub(crate) fn of(program: &Path) -> Option<Self> {
        Self::parse(&process::output(Command::new(program).arg("--version"))?)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_print_them() {
        assert_eq!(Version::parse("trunk 0.21.14\n"), Some(Version(0, 21, 14)));
        assert_eq!(Version::parse("trunk 0.22.0-beta.2"), Some(Version(0, 22, 0)));
        assert_eq!(Version::parse("wasm-bindgen 0.2.74 (27c7a4d06)"), Some(Version(0, 2, 74)));
        assert_eq!(Version::parse("wasm-opt version 132 (version_132)"), Some(Version(132, 0, 0)));
        assert_eq!(Version::parse("no version here"), None);
    }
}
