//! What a worker does about once a second: it finds connections that are dead or late, sends heartbeats, and forgets what
//! is no longer used. Connections are visited in slices, so that fifty thousand of them delay no message.

use std::ops::Bound;
use std::rc::Rc;
use std::time::Duration;

use shared::protocol::{CloseCode, Heartbeat};
use tokio::time::{MissedTickBehavior, interval};

use super::{Worker, say_closing};
use crate::clock;
use crate::hub::frame::{ServerMessage, ping_frame, server_frame};
use crate::hub::outbound::Outbound;
use crate::hub::registry::Mode;

/// Maximum number of connections that are visited before the worker's other tasks run.
const SLICE_CONNECTIONS_MAX: usize = 256;

/// Looks after the connections of a worker for as long as it lives.
pub(super) async fn run(worker: Rc<Worker>) {
    let mut ticks = interval(worker.tick_length());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        worker.visit_connections().await;
        worker.feeds.borrow_mut().sweep();
        worker.pages.sweep();
    }
}

impl Worker {
    async fn visit_connections(&self) {
        let (heartbeat, hello) = (self.hub.settings.heartbeat(), self.hub.settings.hello());
        let mut from = Bound::Unbounded;
        loop {
            let slice: Vec<Rc<Outbound>> = {
                let connections = self.connections.borrow();
                let next = connections.range((from, Bound::Unbounded)).take(SLICE_CONNECTIONS_MAX);
                next.map(|(_, outbound)| Rc::clone(outbound)).collect()
            };
            let Some(last) = slice.last() else { return };
            from = Bound::Excluded(last.info.connection);
            for outbound in &slice {
                outbound.sweep();
                outbound.count();
                if outbound.is_open() {
                    look_after(outbound, heartbeat, hello);
                }
            }
            if slice.len() < SLICE_CONNECTIONS_MAX {
                return;
            }
            drop(slice);
            tokio::task::yield_now().await;
        }
    }
}

/// Keeps a connection alive, or finds that it is not.
fn look_after(outbound: &Outbound, heartbeat: Duration, hello: Duration) {
    if outbound.info.identity().is_none() && outbound.age() > hello {
        return say_closing(outbound, CloseCode::NO_HELLO, "No hello came in time.", None);
    }
    if outbound.silence() > heartbeat * 2 {
        tracing::info!(connection = %outbound.info.connection, "silent");
        return say_closing(outbound, CloseCode::SILENT, "Nothing was heard of you for too long.", None);
    }
    if outbound.beat(heartbeat) {
        if outbound.info.mode == Mode::Typed {
            let heartbeat = Heartbeat { at: clock::now(), heads: outbound.heads() };
            outbound.reply_frame(server_frame(&ServerMessage::Heartbeat(heartbeat)));
        }
        // The answer tells that the peer is there; a browser gives it by itself.
        outbound.reply_frame(ping_frame());
    }
}
