//! Pushes that wait for their workers, bounded in bytes.

use std::sync::Arc;

use shared::protocol::{Push, RawPayload, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::overloaded::overloaded;

/// Maximum number of bytes of the pushes that workers have not handed to their connections yet. A push beyond it is
/// refused with `overloaded`.
pub(crate) const PUSHES_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A push, and the permit for its bytes.
#[derive(Debug)]
pub struct HeldPush {
    /// The push.
    pub push: Push<RawPayload>,
    _permit: OwnedSemaphorePermit,
}

/// Admits pushes up to [`PUSHES_BYTES_MAX`] in all. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pushes(Arc<Semaphore>);

impl Default for Pushes {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PUSHES_BYTES_MAX)))
    }
}

impl Pushes {
    /// Counts the bytes of a push until the last worker has handed it to its connections, even if the HTTP client that
    /// sent it has gone.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if [`PUSHES_BYTES_MAX`] would be exceeded.
    pub fn hold(&self, push: Push<RawPayload>) -> Result<Arc<HeldPush>, Refusal> {
        let bytes = u32::try_from(push.payload.as_str().len()).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.0).try_acquire_many_owned(bytes).map_err(|_| overloaded())?;
        Ok(Arc::new(HeldPush { push, _permit: permit }))
    }
}
