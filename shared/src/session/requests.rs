//! The questions for history that have not been answered.

use crate::ids::{ChannelName, Offset, RequestId};
use crate::limits::HISTORY_REQUESTS_MAX;
use crate::protocol::ClientMessage;

/// A question for older messages.
#[derive(Debug, Clone)]
pub(super) struct HistoryRequest {
    pub(super) channel: ChannelName,
    pub(super) before: Option<Offset>,
    pub(super) limit: u32,
    asked: Option<RequestId>,
}

/// The open questions; those not answered are asked again on the next connection.
#[derive(Debug, Default)]
pub(super) struct HistoryRequests {
    open: Vec<HistoryRequest>,
}

impl HistoryRequests {
    /// Adds a question. Returns false where [`HISTORY_REQUESTS_MAX`] are open.
    pub(super) fn add(&mut self, channel: ChannelName, before: Option<Offset>, limit: u32) -> bool {
        if self.open.len() >= HISTORY_REQUESTS_MAX {
            return false;
        }
        self.open.push(HistoryRequest { channel, before, limit, asked: None });
        true
    }

    /// The next question that this connection has not heard.
    pub(super) fn next(&mut self, id: RequestId) -> Option<ClientMessage> {
        let request = self.open.iter_mut().find(|request| request.asked.is_none())?;
        request.asked = Some(id);
        let (channel, before, limit) = (request.channel.clone(), request.before, request.limit);
        Some(ClientMessage::History { id, channel, before, limit })
    }

    /// How many questions have not been answered.
    pub(super) fn in_flight(&self) -> usize {
        self.open.iter().filter(|request| request.asked.is_some()).count()
    }

    /// Takes out the question that `id` answers.
    pub(super) fn answered(&mut self, id: RequestId) -> Option<HistoryRequest> {
        let index = self.open.iter().position(|request| request.asked == Some(id))?;
        Some(self.open.swap_remove(index))
    }

    /// The server refused request `id` for now: it is to be asked again. Returns whether it was one of these.
    pub(super) fn unask(&mut self, id: RequestId) -> bool {
        let found = self.open.iter_mut().find(|request| request.asked == Some(id));
        found.map(|request| request.asked = None).is_some()
    }

    /// Whether request `id` waits for its answer.
    pub(super) fn is_open(&self, id: RequestId) -> bool {
        self.open.iter().any(|request| request.asked == Some(id))
    }

    /// The connection is gone: all is to be asked again.
    pub(super) fn unask_all(&mut self) {
        for request in &mut self.open {
            request.asked = None;
        }
    }
}
