//! The routes of the HTTP server.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::auth::ApiKey;
use super::body::BODY_BYTES_MAX;
use super::parts::{Part, Parts};
use super::resource::{READ, read, resource};
use super::{assets, channels, connections, health, publish, push};
use crate::client::services::Services;
use crate::edge::refusal::{self, ApiError};
use crate::edge::refused::report;
use crate::edge::websocket::hosted;
use crate::telemetry::Events;

/// Adds all routes to a worker's app.
pub fn configure(app: &mut ServiceConfig, parts: Parts, api_key: &Arc<str>) {
    let json = web::JsonConfig::default()
        .limit(BODY_BYTES_MAX)
        .error_handler(|error, _| refusal::bad_json(&error, BODY_BYTES_MAX).into());
    let path = web::PathConfig::default().error_handler(|error, _| refusal::bad_address(&error).into());
    let query = web::QueryConfig::default().error_handler(|error, _| refusal::bad_address(&error).into());
    parts.add_to(app);
    app.app_data(ApiKey::new(api_key))
        .app_data(json)
        .app_data(path)
        .app_data(query)
        .service(resource("/healthz", READ).route(read().to(health::alive)))
        .service(resource("/readyz", READ).route(read().to(health::ready)))
        .service(resource("/metrics", READ).route(read().to(health::show_metrics)))
        .service(resource("/ws", READ).route(read().to(typed)))
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
                .default_service(web::to(refusal::not_found)),
        )
        .service(resource("/", READ).route(web::get().to(root)).route(web::head().to(assets::index)))
        .default_service(web::to(assets::file));
}

/// Emits the refusal of a request, and says that the connection closes if it does.
pub fn finish<B: MessageBody>(response: ServiceResponse<B>, events: &Events) -> ServiceResponse<B> {
    let request = response.request();
    report(response.response(), request.method(), request.path(), events);
    say_that_it_closes(response)
}

/// Adds `Connection: close` to the response of a request with `Connection: Upgrade` that is not upgraded.
///
/// The dispatcher closes such a connection without announcing it. Some clients would use it again: Java's HTTP client, for
/// example, offers an upgrade to HTTP/2 with each first request.
fn say_that_it_closes<B>(mut response: ServiceResponse<B>) -> ServiceResponse<B> {
    let asks = response.request().head().connection_type() == ConnectionType::Upgrade;
    if asks && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

async fn typed(
    services: Part<Rc<Services>>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    hosted::open_typed(services.0, request, payload).await
}

/// Opens a plain connection for a WebSocket request on `/`, and returns the web app for any other request.
async fn root(
    services: Part<Rc<Services>>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let upgrade = request.headers().get(actix_web::http::header::UPGRADE);
    // The header is a list of protocols; `websocket` may be any of them (RFC 9110 section 7.8).
    let offered = upgrade.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let websocket = offered.split(',').any(|one| one.trim().eq_ignore_ascii_case("websocket"));
    if websocket {
        hosted::open_plain(services.0, request, payload).await
    } else {
        assets::index(request).await
    }
}
