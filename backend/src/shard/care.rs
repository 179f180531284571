//! The periodic work of a worker, about once a second: closes dead connections, sends heartbeats, and drops unused
//! feeds and pages. Connections are visited in slices, so that 50,000 of them delay no message.

use std::ops::Bound;
use std::rc::Rc;
use std::time::Duration;

use shared::protocol::CloseCode;
use tokio::time::{MissedTickBehavior, interval};

use super::worker::Worker;
use crate::connection::outbound::Outbound;
use crate::message::ping_frame;
use crate::telemetry::Event;

/// Maximum number of connections that are visited before the worker's other tasks run.
const SLICE_CONNECTIONS_MAX: usize = 256;

/// Runs the periodic work while the worker lives.
pub(super) async fn run(worker: Rc<Worker>) {
    let mut ticks = interval(worker.tick_length());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stalled = 0;
    loop {
        ticks.tick().await;
        let before = std::mem::replace(&mut stalled, visit_connections(&worker).await);
        // All workers add up in one gauge.
        worker.parts.metrics.connections_stalled.inc_by(stalled - before);
        worker.feeds.borrow_mut().sweep();
        worker.sources.pages.sweep();
    }
}

/// Returns the number of connections that are stalled.
async fn visit_connections(worker: &Worker) -> i64 {
    let mut stalled = 0;
    let (heartbeat, hello) = (worker.parts.settings.heartbeat(), worker.parts.settings.hello());
    let mut from = Bound::Unbounded;
    loop {
        let slice = worker.connections.borrow().slice(from, SLICE_CONNECTIONS_MAX);
        let Some(last) = slice.last() else { return stalled };
        from = Bound::Excluded(last.info.connection);
        for outbound in &slice {
            outbound.sweep();
            outbound.record_sent();
            stalled += i64::from(outbound.is_stalled());
            if outbound.is_open() {
                check_liveness(worker, outbound, heartbeat, hello);
            }
        }
        if slice.len() < SLICE_CONNECTIONS_MAX {
            return stalled;
        }
        drop(slice);
        tokio::task::yield_now().await;
    }
}

/// Closes a connection that sent no `hello` in time or is silent. Sends a heartbeat if one is due.
fn check_liveness(worker: &Worker, outbound: &Outbound, heartbeat: Duration, hello: Duration) {
    if !outbound.info.has_principal() && outbound.time_open() > hello {
        return outbound.announce_close(CloseCode::NO_HELLO, "No hello arrived in time.", None);
    }
    if outbound.silence() > heartbeat * 2 {
        worker.emit(Event::Silent { connection: outbound.info.connection });
        return outbound.announce_close(CloseCode::SILENT, "The client was silent for too long.", None);
    }
    if outbound.heartbeat_due(heartbeat) {
        if let Some(frame) = outbound.info.dialect.heartbeat(|| outbound.heads()) {
            outbound.reply_frame(frame);
        }
        // The pong shows that the peer is alive. Browsers send it without any code of the page.
        outbound.reply_frame(ping_frame());
    }
}
