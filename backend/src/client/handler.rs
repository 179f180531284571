//! The decoding half of a dialect. The encoding half is [`Dialect`](crate::dialect::Dialect), on a lower floor, because it needs
//! nothing of a client.

use shared::ids::RequestId;
use shared::protocol::Refusal;

use super::connection::Connection;

/// Decodes the text messages of one dialect's clients, and carries them out.
pub trait TextHandler {
    /// Decodes a text message and carries it out.
    fn handle(
        &mut self,
        connection: &mut Connection,
        text: &str,
    ) -> impl Future<Output = Result<(), Refused>>;

    /// Returns the refusal of a text message above the connection's rate. The message is not decoded.
    fn refuse_over_rate(&self, connection: &Connection, text: &str, refusal: Refusal) -> Refused;
}

/// A refusal, and the request it answers.
#[derive(Debug)]
pub struct Refused {
    /// The request id, if the request has one.
    pub id: Option<RequestId>,
    /// The refusal.
    pub refusal: Refusal,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { id: None, refusal }
    }
}
