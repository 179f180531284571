//! Random numbers from the operating system, for values that must be unguessable or unique.

use getrandom::Error;
use shared::ids::MessageId;

use crate::clock;

/// Returns an unguessable number.
///
/// # Errors
/// The operating system's error if it provides no random numbers.
pub fn number() -> Result<u64, Error> {
    getrandom::u64()
}

/// Returns a message id, for a message without one.
///
/// # Errors
/// As [`number`].
pub fn message_id() -> Result<MessageId, Error> {
    let mut random = [0; 10];
    getrandom::fill(&mut random)?;
    Ok(MessageId::new(clock::now().0, &random))
}

/// Returns a secret of 256 bits, as 64 hexadecimal digits.
///
/// # Errors
/// As [`number`].
pub fn secret() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
