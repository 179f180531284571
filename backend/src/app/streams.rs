//! Starts the worker threads, and routes each accepted stream.

use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_service::map_config;
use actix_web::App;
use actix_web::dev::{AppConfig, Server, Service as _, ServiceFactory, fn_factory, fn_service};
use actix_web::middleware::NormalizePath;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::core::Core;
use crate::client::services::Services;
use crate::edge::http::{self, Parts};
use crate::edge::tcp::headers::Headers;
use crate::edge::tcp::stream::SharedStream;
use crate::edge::websocket::raw;
use crate::fanout::Distributor;
use crate::lifecycle::open_files::{self, OpenFiles};
use crate::lifecycle::{ServerError, supervision};
use crate::mailbox::WorkerCommand;
use crate::sequencer::live::Sequencer;
use crate::telemetry::Event;

/// Maximum number of connections that a worker accepts from the operating system. The limit in the settings is lower and sends a
/// refusal; this one only stops accepting.
const SOCKETS_PER_WORKER_MAX: usize = 100_000;

/// The receiving ends of a worker: its mailbox, and the sequencer of the channels whose home it is.
pub(super) type Ends = (mpsc::Receiver<WorkerCommand>, Sequencer);

/// Starts the worker threads, which serve the connections of the listener.
pub(super) fn start(
    core: &Core,
    ends: Vec<(usize, Ends)>,
    distributor: Distributor,
    api_key: &str,
    listener: TcpListener,
    open_files: OpenFiles,
) -> Result<Server, ServerError> {
    let (workers, stop) = (core.settings.workers, core.settings.stop());
    let (waiting, core, key) = (Arc::new(Mutex::new(ends)), core.clone(), Arc::<str>::from(api_key));
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(SOCKETS_PER_WORKER_MAX)
        .shutdown_timeout(stop.as_secs())
        .disable_signals()
        // The closure runs once on each worker thread. A worker's state must be created on its thread.
        .listen("tidings", listener, move || {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some((index, (mailbox, sequencer))) = next else {
                // A worker thread has died, and with it the connections of its mailbox, so only a restart is safe. Abort, because
                // the thread that would stop the server in order waits for this closure.
                supervision::abort("a worker thread");
            };
            actix_web::rt::spawn(distributor.clone().live(sequencer));
            streams(core.clone(), core.start_worker(index, mailbox), Arc::clone(&key), open_files)
        })?;
    Ok(server.run())
}

/// Serves each stream of a worker: typed connections bypass actix's dispatcher, all other streams carry HTTP requests.
fn streams(
    core: Core,
    services: Rc<Services>,
    key: Arc<str>,
    open_files: OpenFiles,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let headers = Headers::new(services.events.clone());
    fn_factory(move || {
        let services = Rc::clone(&services);
        let requests = requests(core.http_parts(Rc::clone(&services)), Arc::clone(&key));
        let headers = headers.clone();
        async move {
            let requests = Rc::new(requests.new_service(()).await?);
            Ok(fn_service(move |stream: TcpStream| {
                let (services, requests, headers) =
                    (Rc::clone(&services), Rc::clone(&requests), headers.clone());
                async move {
                    if !open_files.has_room_for(&stream) {
                        services.events.emit(Event::TurnedAway);
                        open_files::turn_away(&stream);
                        return Ok(());
                    }
                    // Nagle's algorithm delays small frames by tens of milliseconds.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "cannot disable Nagle's algorithm");
                    }
                    if raw::is_wanted(&stream).await {
                        raw::serve(services, stream, headers).await;
                        return Ok(());
                    }
                    let stream = SharedStream::new(stream, headers);
                    let ended = requests.call((stream.clone(), stream.peer_addr())).await;
                    stream.close().await;
                    ended
                }
            }))
        }
    })
}

/// Serves the HTTP API, the web app, and the WebSockets that are opened inside actix's dispatcher.
fn requests(
    parts: Parts,
    key: Arc<str>,
) -> impl ServiceFactory<
    (SharedStream, Option<SocketAddr>),
    Config = (),
    Response = (),
    Error = DispatchError,
    InitError = (),
> {
    let (keep_alive, events) = (parts.settings.keep_alive(), parts.metrics.events.clone());
    // Accept a slash at the end of a path, because many clients add one.
    let app = App::new()
        .wrap(NormalizePath::trim())
        .wrap_fn(move |request, service| {
            let (response, events) = (service.call(request), events.clone());
            async move { response.await.map(|response| http::finish(response, &events)) }
        })
        .configure(|app| http::configure(app, parts, &key));
    HttpService::build()
        .keep_alive(keep_alive)
        // `SharedStream::close` waits instead. It ends the sending direction first, so that a client that waits for the server's
        // close sees it.
        .client_disconnect_timeout(Duration::ZERO)
        .h1(map_config(app, |()| AppConfig::default()))
}
