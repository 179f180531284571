//! Whether the server lives, whether it can do its work, and what it has counted.

use actix_web::HttpResponse;
use serde::Serialize;
use shared::protocol::{ErrorCode, Refusal};

use super::ThisWorker;
use super::auth::MayReadMetrics;
use super::error::{ApiError, not_ready};

/// All is well.
#[derive(Debug, Serialize)]
struct Status {
    status: &'static str,
}

pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(Status { status: "alive" })
}

pub(super) async fn ready(worker: ThisWorker) -> Result<HttpResponse, ApiError> {
    if let Err(error) = worker.0.hub.reads.health() {
        return Ok(not_ready(&error.refusal()));
    }
    if worker.0.hub.queue.is_writable() {
        return Ok(HttpResponse::Ok().json(Status { status: "ready" }));
    }
    let what = "The log cannot be written; publishing is refused.";
    Err(ApiError(Refusal::new(ErrorCode::StorageFailed, what)))
}

pub(super) async fn metrics(_may: MayReadMetrics, worker: ThisWorker) -> HttpResponse {
    let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    HttpResponse::Ok().content_type(format).body(worker.0.hub.metrics.render())
}
