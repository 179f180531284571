//! Health endpoints: `/healthz` reports that the server runs, `/readyz` that publishing works. `/metrics` returns the counters.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use shared::protocol::{ErrorCode, Refusal};

use super::auth::MayReadMetrics;
use super::parts::Part;
use crate::edge::refusal::ApiError;
use crate::mailbox::Mailboxes;
use crate::sequencer::publisher::Publisher;
use crate::store::LogReads;
use crate::telemetry::metrics::{self, Metrics};

/// The response of a healthy server.
#[derive(Debug, Serialize)]
struct Status {
    status: &'static str,
}

pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(Status { status: "alive" })
}

pub(super) async fn ready(
    reads: Part<LogReads>,
    publisher: Part<Publisher>,
) -> Result<HttpResponse, ApiError> {
    // Not 507, because more room on the disk does not help.
    let damaged = |error| ApiError::from(error).with_status(StatusCode::SERVICE_UNAVAILABLE);
    reads.0.health().map_err(damaged)?;
    if publisher.0.log().is_writable() {
        return Ok(HttpResponse::Ok().json(Status { status: "ready" }));
    }
    let what = "The log cannot be written; publishing is refused.";
    Err(ApiError::from(Refusal::new(ErrorCode::StorageFailed, what)))
}

pub(super) async fn show_metrics(
    _may: MayReadMetrics,
    metrics: Part<Metrics>,
    publisher: Part<Publisher>,
    mailboxes: Part<Mailboxes>,
) -> HttpResponse {
    gather(&metrics.0, &publisher.0, &mailboxes.0);
    let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    HttpResponse::Ok().content_type(format).body(metrics.0.render())
}

/// Sets the gauges that are read only when somebody asks for the metrics.
fn gather(metrics: &Metrics, publisher: &Publisher, mailboxes: &Mailboxes) {
    metrics::set(&metrics.mailbox_bytes, mailboxes.bytes());
    let (publications, bytes) = publisher.log().waiting();
    metrics::set(&metrics.queue_publications, publications);
    metrics::set(&metrics.queue_bytes, bytes);
    let (publications, bytes) = publisher.live_waiting();
    metrics::set(&metrics.live_queue_publications, publications);
    metrics::set(&metrics.live_queue_bytes, bytes);
}
