//! An open socket that takes what it is given at once, as a browser's does: a peer that does not read must not stop
//! the session's clock.

use futures_util::stream::SplitStream;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::deadline::DEADLINE;

/// What the library opens.
pub(super) type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A socket with a task that writes.
#[derive(Debug)]
pub(super) struct Open {
    /// What comes in.
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
                // The reading half is told of the end as well.
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        Self { incoming, outgoing, writer: Some(writer.abort_handle()) }
    }

    /// Sends a text when those before it are out.
    pub(super) fn send(&self, text: String) {
        // The reading half is told of the end as well.
        let _ = self.outgoing.send(Message::text(text));
    }

    /// Says goodbye if the peer listens, and is gone.
    pub(super) fn close(mut self) {
        let _ = self.outgoing.send(Message::Close(None));
        if let Some(writer) = self.writer.take() {
            // A peer that takes nothing cannot be said goodbye to.
            tokio::spawn(async move {
                tokio::time::sleep(DEADLINE).await;
                writer.abort();
            });
        }
    }
}

impl Drop for Open {
    /// A socket that is lost is gone at once, with what was not written.
    fn drop(&mut self) {
        if let Some(writer) = &self.writer {
            writer.abort();
        }
    }
}
