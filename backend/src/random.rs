//! Randomness from the operating system, for what must not be guessed or met twice.

use getrandom::Error;

/// A number that nobody can guess.
///
/// # Errors
/// The operating system's own, where it has no randomness to give.
pub fn number() -> Result<u64, Error> {
    getrandom::u64()
}

/// A secret of 256 bits, as 64 hexadecimal digits.
///
/// # Errors
/// As [`number`].
pub fn secret() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
