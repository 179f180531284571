//! An open socket that accepts every text at once, as a browser's does: a peer that does not read must not stop the
//! session's clock.

use futures_util::stream::SplitStream;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::deadline::DEADLINE;

/// The library's stream.
pub(super) type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A socket with a task that writes.
#[derive(Debug)]
pub(super) struct Open {
    /// The incoming messages.
    pub(super) incoming: SplitStream<Stream>,
    outgoing: mpsc::UnboundedSender<Message>,
    writer: Option<tokio::task::AbortHandle>,
}

impl Open {
    pub(super) fn new(stream: Stream) -> Self {
        let (mut sink, incoming) = stream.split();
        let (outgoing, mut waiting) = mpsc::unbounded_channel();
        let writer = tokio::spawn(async move {
            while let Some(message) = waiting.recv().await {
                // The reading half sees the end as well.
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        Self { incoming, outgoing, writer: Some(writer.abort_handle()) }
    }

    /// Queues a text behind the earlier ones.
    pub(super) fn send(&self, text: String) {
        // The reading half sees the end as well.
        let _ = self.outgoing.send(Message::text(text));
    }

    /// Sends a close frame if the peer reads, and drops the socket.
    pub(super) fn close(mut self) {
        let _ = self.outgoing.send(Message::Close(None));
        if let Some(writer) = self.writer.take() {
            // A peer that does not read cannot get a close frame.
            tokio::spawn(async move {
                tokio::time::sleep(DEADLINE).await;
                writer.abort();
            });
        }
    }
}

impl Drop for Open {
    /// A lost socket is dropped at once, with everything unwritten.
    fn drop(&mut self) {
        if let Some(writer) = &self.writer {
            writer.abort();
        }
    }
}
