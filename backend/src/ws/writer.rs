//! The response body that is a connection's outgoing half.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

use crate::hub::outbound::Outbound;

/// Hands out ready-made frames, whose bytes all subscribers share. It is asked for one only while the socket's
/// write buffer has room, which is the back-pressure that a cursor needs.
pub(super) struct ConnectionBody {
    outbound: Rc<Outbound>,
    _original: BoxBody,
    _session: actix_ws::Session,
}

impl ConnectionBody {
    pub(super) fn new(outbound: Rc<Outbound>, original: BoxBody, session: actix_ws::Session) -> Self {
        Self { outbound, _original: original, _session: session }
    }
}

impl MessageBody for ConnectionBody {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.outbound.poll_frame(context).map(|frame| frame.map(Ok))
    }
}

impl Drop for ConnectionBody {
    fn drop(&mut self) {
        // The socket is gone: whoever reads from it is told.
        self.outbound.end();
    }
}
