//! The unanswered requests for history.

use crate::ids::{ChannelName, Offset, RequestId};
use crate::limits::HISTORY_REQUESTS_MAX;
use crate::protocol::ClientMessage;

/// A request for older messages.
#[derive(Debug, Clone)]
pub(super) struct HistoryRequest {
    pub(super) channel: ChannelName,
    pub(super) before: Option<Offset>,
    pub(super) limit: u32,
    sent_as: Option<RequestId>,
}

/// The unanswered requests. The next connection sends them again.
#[derive(Debug, Default)]
pub(super) struct HistoryRequests {
    open: Vec<HistoryRequest>,
}

impl HistoryRequests {
    /// Adds a request. Returns false if [`HISTORY_REQUESTS_MAX`] are unanswered.
    pub(super) fn add(&mut self, channel: ChannelName, before: Option<Offset>, limit: u32) -> bool {
        if self.open.len() >= HISTORY_REQUESTS_MAX {
            return false;
        }
        self.open.push(HistoryRequest { channel, before, limit, sent_as: None });
        true
    }

    /// Returns the next request that was not sent on this connection.
    pub(super) fn next(&mut self, id: RequestId) -> Option<ClientMessage> {
        let request = self.open.iter_mut().find(|request| request.sent_as.is_none())?;
        request.sent_as = Some(id);
        let (channel, before, limit) = (request.channel.clone(), request.before, request.limit);
        Some(ClientMessage::History { id, channel, before, limit })
    }

    /// Number of requests that were sent and are unanswered.
    pub(super) fn in_flight(&self) -> usize {
        self.open.iter().filter(|request| request.sent_as.is_some()).count()
    }

    /// Removes and returns request `id`, because its answer arrived.
    pub(super) fn answered(&mut self, id: RequestId) -> Option<HistoryRequest> {
        let index = self.open.iter().position(|request| request.sent_as == Some(id))?;
        Some(self.open.swap_remove(index))
    }

    /// Marks request `id` to be sent again after a retryable refusal. Returns whether it is one of these.
    pub(super) fn requeue(&mut self, id: RequestId) -> bool {
        let found = self.open.iter_mut().find(|request| request.sent_as == Some(id));
        found.map(|request| request.sent_as = None).is_some()
    }

    /// Whether request `id` waits for its answer.
    pub(super) fn is_open(&self, id: RequestId) -> bool {
        self.open.iter().any(|request| request.sent_as == Some(id))
    }

    /// Marks all requests to be sent again, because the connection is lost.
    pub(super) fn requeue_all(&mut self) {
        for request in &mut self.open {
            request.sent_as = None;
        }
    }
}
