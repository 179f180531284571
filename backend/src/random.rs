//! Randomness from the operating system, for what must not be guessed or met twice.

use getrandom::Error;
use shared::ids::MessageId;

use crate::clock;

/// A number that nobody can guess.
///
/// # Errors
/// The operating system's own, where it has no randomness to give.
pub fn number() -> Result<u64, Error> {
    getrandom::u64()
}

/// An id for a message whose sender gives none.
///
/// # Errors
/// As [`number`].
pub fn message_id() -> Result<MessageId, Error> {
    let mut random = [0; 10];
    getrandom::fill(&mut random)?;
    Ok(MessageId::new(clock::now().0, &random))
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
