//! The worker threads, and what each does with the streams that come to it.

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

/// Connections that a worker takes from the operating system at most. The settings' own limit is below and answers;
/// this one only stops accepting.
const SOCKETS_PER_WORKER_MAX: usize = 100_000;

/// What a worker takes from: its mailbox, and the publications whose channels are at home with it.
pub(super) type Ends = (mpsc::Receiver<WorkerCommand>, Sequencer);

/// Starts the worker threads, which serve what comes to the listener.
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
        // The closure runs once on each worker thread, which is where a worker's state has to be made.
        .listen("tidings", listener, move || {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some((index, (mailbox, sequencer))) = next else {
                // A worker thread has died, and with it the connections that its mailbox knew: only a fresh start is sound.
                // The thread that would end in order waits for this closure.
                supervision::abort("a worker thread");
            };
            actix_web::rt::spawn(distributor.clone().live(sequencer));
            streams(core.clone(), core.start_worker(index, mailbox), Arc::clone(&key), open_files)
        })?;
    Ok(server.run())
}

/// What a worker does with each stream: typed connections leave actix's dispatcher at once, all else is requests.
fn streams(
    core: Core,
    services: Rc<Services>,
    key: Arc<str>,
    open_files: OpenFiles,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let headers = Headers::default();
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
                        open_files::turn_away(&stream);
                        return Ok(());
                    }
                    // Nagle's algorithm holds small frames back for tens of milliseconds.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "a stream keeps Nagle's algorithm");
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

/// The HTTP API, the page, and the WebSockets that come as requests.
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
    let keep_alive = parts.settings.keep_alive();
    // A path may end with a slash: many clients add one.
    let app = App::new()
        .wrap(NormalizePath::trim())
        .wrap_fn(|request, service| {
            let response = service.call(request);
            async move { response.await.map(http::say_that_it_closes) }
        })
        .configure(|app| http::configure(app, parts, &key));
    HttpService::build()
        .keep_alive(keep_alive)
        // `SharedStream::close` waits instead: it ends the sending direction first, so that a client that waits for the
        // server's close does not wait in vain.
        .client_disconnect_timeout(Duration::ZERO)
        .h1(map_config(app, |()| AppConfig::default()))
}
