//! The HTTP API and the page: which address leads where.

mod assets;
mod auth;
mod body;
mod channels;
mod connections;
pub mod error;
mod framing;
pub mod headers;
mod health;
pub mod linger;
mod policy;
mod publish;
mod push;
pub mod stream;

use std::future::ready;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::ServiceResponse;
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, guard};
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
        .service(resource("/healthz", READ).route(read().to(health::alive)))
        .service(resource("/readyz", READ).route(read().to(health::ready)))
        .service(resource("/metrics", READ).route(read().to(health::metrics)))
        .service(resource("/ws", "GET").route(web::get().to(typed)))
        .service(
            web::scope("/api")
                .service(resource("/publish", "POST").route(web::post().to(publish::publish)))
                .service(resource("/push", "POST").route(web::post().to(push::push)))
                .service(resource("/connections", READ).route(read().to(connections::list)))
                .service(
                    resource("/connections/{id}", "GET, HEAD, DELETE")
                        .route(read().to(connections::get))
                        .route(web::delete().to(connections::disconnect)),
                )
                .service(resource("/channels", READ).route(read().to(channels::list)))
                .service(resource("/channels/{name}/messages", READ).route(read().to(channels::messages)))
                .service(resource("/channels/{name}/presence", READ).route(read().to(channels::presence)))
                .default_service(web::to(error::not_found)),
        )
        .service(resource("/", READ).route(web::get().to(root)).route(web::head().to(assets::index)))
        .default_service(web::to(assets::file));
}

/// Value of `Allow` for a resource that can only be read.
const READ: &str = "GET, HEAD";

/// Matches GET, and HEAD, whose response has the same header fields and no body (RFC 9110 section 9.3.2).
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A resource that answers all other methods itself: OPTIONS with `allow`, the rest with 405.
fn resource(path: &str, allow: &'static str) -> Resource {
    let other = move |request: HttpRequest| ready(error::other_method(request.method(), allow));
    web::resource(path).default_service(web::to(other))
}

/// Says in a response to a request with `Connection: Upgrade` that the connection closes with it, if it upgrades to nothing.
///
/// The dispatcher closes it without a word. Java's HTTP client, for one, offers an upgrade to HTTP/2 with each first request, and
/// would use the connection again.
pub fn say_that_it_closes<B>(mut response: ServiceResponse<B>) -> ServiceResponse<B> {
    let asks = response.request().head().connection_type() == ConnectionType::Upgrade;
    if asks && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    response
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
    // A list of protocols, any of which may be the one (RFC 9110 section 7.8).
    let offered = upgrade.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let websocket = offered.split(',').any(|one| one.trim().eq_ignore_ascii_case("websocket"));
    if websocket { ws::plain(worker.0.0, request, payload).await } else { assets::index(request).await }
}

/// Something in the request does not hold what it has to.
fn invalid(message: impl Into<String>) -> ApiError {
    ApiError(Refusal::new(ErrorCode::InvalidField, message))
}
