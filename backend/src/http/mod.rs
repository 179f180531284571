//! The HTTP API and the page: which address leads where.

mod assets;
mod auth;
mod channels;
mod connections;
pub mod error;
mod health;
mod policy;
mod publish;
mod push;

use std::rc::Rc;
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use shared::limits::PAYLOAD_BYTES_MAX;
use shared::protocol::{ErrorCode, Refusal};

use crate::hub::worker::Worker;
use crate::ws;
use auth::ApiKey;
use error::ApiError;

/// Largest body of a request, in bytes: a payload and what is around it.
pub const BODY_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + 4 * 1024;

/// A worker, as handlers get it: each thread has its own.
type ThisWorker = web::ThinData<Local>;

/// A worker that belongs to this thread.
#[derive(Clone)]
pub struct Local(Rc<Worker>);

impl std::ops::Deref for Local {
    type Target = Worker;
    fn deref(&self) -> &Worker {
        &self.0
    }
}

/// Adds all addresses to a worker's app.
pub fn configure(app: &mut ServiceConfig, worker: Rc<Worker>, api_key: &Arc<str>) {
    let json = web::JsonConfig::default()
        .limit(BODY_BYTES_MAX)
        .error_handler(|error, _| error::bad_json(&error).into());
    let path = web::PathConfig::default().error_handler(|error, _| error::bad_address(&error).into());
    let query = web::QueryConfig::default().error_handler(|error, _| error::bad_address(&error).into());
    app.app_data(web::ThinData(Local(worker)))
        .app_data(ApiKey::new(api_key))
        .app_data(json)
        .app_data(path)
        .app_data(query)
        .route("/healthz", web::get().to(health::alive))
        .route("/readyz", web::get().to(health::ready))
        .route("/metrics", web::get().to(health::metrics))
        .service(resource("/ws").route(web::get().to(typed)))
        .service(
            web::scope("/api")
                .service(resource("/publish").route(web::post().to(publish::publish)))
                .service(resource("/push").route(web::post().to(push::push)))
                .service(resource("/connections").route(web::get().to(connections::list)))
                .service(
                    resource("/connections/{id}")
                        .route(web::get().to(connections::get))
                        .route(web::delete().to(connections::disconnect)),
                )
                .service(resource("/channels").route(web::get().to(channels::list)))
                .service(resource("/channels/{name}/messages").route(web::get().to(channels::messages)))
                .service(resource("/channels/{name}/presence").route(web::get().to(channels::presence)))
                .default_service(web::to(error::not_found)),
        )
        .service(resource("/").route(web::get().to(root)).route(web::head().to(assets::index)))
        .default_service(web::to(assets::file));
}

fn resource(path: &str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(error::wrong_method))
}

async fn typed(
    worker: ThisWorker,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    ws::typed(worker.0.0, request, payload).await
}

/// A WebSocket on `/` is a plain client; everybody else gets the page.
async fn root(
    worker: ThisWorker,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let upgrade = request.headers().get(actix_web::http::header::UPGRADE);
    let websocket = upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if websocket { ws::plain(worker.0.0, request, payload).await } else { assets::index(request).await }
}

/// Something in the request does not hold what it has to.
fn invalid(message: impl Into<String>) -> ApiError {
    ApiError(Refusal::new(ErrorCode::InvalidField, message))
}
