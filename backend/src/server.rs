//! Puts the parts together, starts them and stops them in order.

mod directory;
mod open_files;
mod supervision;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_service::map_config;
use actix_web::App;
use actix_web::dev::{AppConfig, Server, ServerHandle, Service as _, ServiceFactory, fn_factory, fn_service};
use actix_web::middleware::NormalizePath;
use shared::ids::{Epoch, Namespace};
use socket2::SockRef;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use crate::config::{self, KeyError, Policy, Settings};
use crate::http::headers::Headers;
use crate::http::stream::SharedStream;
use crate::hub::fanout::Mailboxes;
use crate::hub::worker::{MAILBOX_MAX, ToWorker, Worker};
use crate::hub::{Hub, HubParts};
use crate::identity::Tokens;
use crate::log::live::{self, Sequencer};
use crate::log::retention::{Retention, Rule};
use crate::log::sqlite::SqliteLog;
use crate::log::{Log, LogError, Threads, thread};
use crate::telemetry::metrics::Metrics;
use crate::ws::lean;
use crate::{http, random};
use open_files::OpenFiles;
pub use supervision::{Part, first_end};

/// Connections that a worker takes from the operating system at most. The settings' own limit is below and answers;
/// this one only stops accepting.
const SOCKETS_PER_WORKER_MAX: usize = 100_000;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4096;

/// Why the server could not start, or ended. The text is for the operator.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The data directory cannot be used.
    #[error("the data directory {} cannot be written: {reason}. Give another with --data DIR", path.display())]
    Data {
        /// The directory.
        path: PathBuf,
        /// The operating system's word.
        reason: std::io::Error,
    },
    /// Another server has the data directory.
    #[error("another server uses the data directory {}. Stop it, or give another with --data DIR", .0.display())]
    InUse(PathBuf),
    /// A part has ended without which the server cannot work.
    #[error("{0} has ended, which it never should; the server has to be started again")]
    Died(Part),
    /// The log cannot be opened.
    #[error("the log in {} cannot be opened: {reason}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: LogError,
    },
    /// There is no API key, or no token secret.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {reason}. Give another with --listen ADDR:PORT")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The operating system's word.
        reason: std::io::Error,
    },
    /// Something else of the operating system's failed.
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
    /// The operating system has no randomness.
    #[error("no randomness can be had: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Runs the server until it is told to stop by SIGTERM or SIGINT.
///
/// # Errors
/// [`ServerError`].
pub async fn run(settings: Settings) -> Result<(), ServerError> {
    let _lock = directory::prepare(&settings.data)?;
    let path = settings.data.join("tidings.db");
    // Before the log is touched: one that could not be served would be left unclosed, and be checked at the next start.
    let socket = bind(&settings)?;
    let log =
        SqliteLog::open(&path, settings.durability).map_err(|reason| ServerError::Log { path, reason })?;
    let listener = listen(&settings, socket)?;
    serve(settings, Arc::new(log), listener).await
}

/// Runs the server on a log and a socket that listens, until it is told to stop by SIGTERM or SIGINT, or a part of it dies.
///
/// # Errors
/// [`ServerError`].
pub async fn serve(
    mut settings: Settings,
    log: Arc<dyn Log>,
    listener: TcpListener,
) -> Result<(), ServerError> {
    let api_key = config::api_key(&settings)?;
    let tokens = Tokens::new(&config::token_secret(&settings)?);
    let open_files = OpenFiles::raise_limit(settings.workers);
    settings.connections_max = open_files.connections_max(settings.connections_max);

    let address = listener.local_addr()?;
    let door = listener.try_clone()?;
    let (mailboxes, receivers): (Vec<_>, Vec<_>) =
        (0..settings.workers).map(|_| mpsc::channel(MAILBOX_MAX)).unzip();
    let workers: Arc<[mpsc::Sender<ToWorker>]> = mailboxes.into();
    let metrics = Metrics::new();
    let mailboxes = Mailboxes::new(Arc::clone(&workers), metrics.clone());
    let mut sink = mailboxes.clone().sink();
    let (log_thread_lives, log_thread_ended) = oneshot::channel::<()>();
    let (queue, log_thread) = thread::start(Arc::clone(&log), move |batch| {
        // The thread drops it when it ends, however it ends.
        let _lives = &log_thread_lives;
        sink(batch);
    })?;
    let mut retention = Retention::start(Arc::clone(&log), rules(&settings), settings.retention())?;
    let (live_epoch, live_key) = (Epoch(random::number()?), random::number()?);
    let (live, sequencers): (Vec<_>, Vec<_>) = (0..settings.workers).map(|_| live::queue()).unzip();
    let path = settings.data.join("tidings.db");
    let hub = Hub::new(HubParts {
        settings,
        log: Arc::clone(&log),
        offload: Arc::new(Threads),
        queue,
        live: live.into(),
        tokens,
        metrics,
        live_epoch,
        live_key,
        workers,
    });
    let hub = Arc::new(hub.map_err(|reason| ServerError::Log { path, reason })?);

    let ends = receivers.into_iter().zip(sequencers).enumerate().collect();
    let mut server = start_http(&hub, ends, mailboxes, &api_key, listener, open_files)?;
    // Before the address is announced: whoever knows it may stop the server at once.
    let signals = Signals::new()?;
    let stopping = Arc::new(AtomicBool::new(false));
    let stopper = stop_on_signal(signals, Arc::clone(&hub), server.handle(), door, Arc::clone(&stopping));
    let mut stopper = actix_web::rt::spawn(stopper);
    announce(address)?;
    if !address.ip().is_loopback() && hub.settings.hosts.is_empty() && hub.settings.origins.is_empty() {
        tracing::info!(
            "pages may connect by this machine's addresses; if browsers use a name, give it with --host"
        );
    }
    tokio::select! {
        ended = &mut server => ended?,
        // The signals are caught: without the task that waits for them, nobody could stop the server in order.
        Err(_) = &mut stopper => return Err(ServerError::Died(Part::Stopper)),
        part = first_end(&hub, log_thread_ended, retention.ended()) => {
            // Parts end when the server stops, too.
            if !stopping.load(Ordering::SeqCst) {
                tracing::error!(%part, "a part has died; ending, to be started again");
                return Err(ServerError::Died(part));
            }
            server.await?;
        }
    }
    stopper.abort();
    hub.queue.stop();
    // What is queued is acknowledged to nobody any more, but it is kept.
    let log_thread = log_thread.join();
    retention.stop();
    if let Err(error) = log.close() {
        tracing::warn!(%error, "the log could not be closed in order; it will be checked at the next start");
    }
    log_thread.map_err(|_| ServerError::Died(Part::LogThread))?;
    tracing::info!("stopped");
    Ok(())
}

/// What the namespaces keep, where that is not everything.
fn rules(settings: &Settings) -> Vec<Rule> {
    let limited = settings
        .namespaces
        .iter()
        .filter(|(_, policy)| policy.history && (policy.keep_messages.is_some() || policy.keep_ms.is_some()));
    let rule = |(namespace, policy): (&Namespace, &Policy)| Rule {
        namespace: namespace.clone(),
        messages: policy.keep_messages,
        age: policy.keep_ms.map(Duration::from_millis),
    };
    limited.map(rule).collect()
}

/// What a worker takes from: its mailbox, and the publications whose channels are at home with it.
type Ends = (mpsc::Receiver<ToWorker>, Sequencer);

fn start_http(
    hub: &Arc<Hub>,
    ends: Vec<(usize, Ends)>,
    mailboxes: Mailboxes,
    api_key: &str,
    listener: TcpListener,
    open_files: OpenFiles,
) -> Result<Server, ServerError> {
    let (workers, stop) = (hub.settings.workers, hub.settings.stop());
    let (waiting, hub, key) = (Arc::new(Mutex::new(ends)), Arc::clone(hub), Arc::<str>::from(api_key));
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
            actix_web::rt::spawn(mailboxes.clone().live(sequencer));
            streams(Worker::start(index, Arc::clone(&hub), mailbox), Arc::clone(&key), open_files)
        })?;
    Ok(server.run())
}

/// What a worker does with each stream: typed connections leave actix's dispatcher at once, all else is requests.
fn streams(
    worker: Rc<Worker>,
    key: Arc<str>,
    open_files: OpenFiles,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let headers = Headers::default();
    fn_factory(move || {
        let (worker, requests) = (Rc::clone(&worker), requests(Rc::clone(&worker), Arc::clone(&key)));
        let headers = headers.clone();
        async move {
            let requests = Rc::new(requests.new_service(()).await?);
            Ok(fn_service(move |stream: TcpStream| {
                let (worker, requests, headers) = (Rc::clone(&worker), Rc::clone(&requests), headers.clone());
                async move {
                    if !open_files.has_room_for(&stream) {
                        open_files::turn_away(&stream);
                        return Ok(());
                    }
                    // Nagle's algorithm holds small frames back for tens of milliseconds.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "a stream keeps Nagle's algorithm");
                    }
                    if lean::is_wanted(&stream).await {
                        lean::serve(worker, stream, headers).await;
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
    worker: Rc<Worker>,
    key: Arc<str>,
) -> impl ServiceFactory<
    (SharedStream, Option<SocketAddr>),
    Config = (),
    Response = (),
    Error = DispatchError,
    InitError = (),
> {
    let keep_alive = worker.hub.settings.keep_alive();
    // A path may end with a slash: many clients add one.
    let app = App::new()
        .wrap(NormalizePath::trim())
        .wrap_fn(|request, service| {
            let response = service.call(request);
            async move { response.await.map(http::say_that_it_closes) }
        })
        .configure(|app| http::configure(app, worker, &key));
    HttpService::build()
        .keep_alive(keep_alive)
        // `SharedStream::close` waits instead: it ends the sending direction first, so that a client that waits for the
        // server's close does not wait in vain.
        .client_disconnect_timeout(Duration::ZERO)
        .h1(map_config(app, |()| AppConfig::default()))
}

/// Tells all clients to come back, waits until they have closed, and stops.
async fn stop_on_signal(
    mut signals: Signals,
    hub: Arc<Hub>,
    server: ServerHandle,
    door: TcpListener,
    stopping: Arc<AtomicBool>,
) {
    signals.wait().await;
    tracing::info!("stopping");
    server.pause().await;
    // The kernel would go on to take connections in, which nobody would answer. Linux refuses them from here on; where
    // the system does not know this, they end with the process.
    let _ = SockRef::from(&door).shutdown(std::net::Shutdown::Both);
    let stopped: Vec<_> = hub
        .workers
        .iter()
        .filter_map(|worker| {
            let (reply, stopped) = oneshot::channel();
            worker.try_send(ToWorker::Stop { reply }).is_ok().then_some(stopped)
        })
        .collect();
    let all = futures_util::future::join_all(stopped);
    if tokio::time::timeout(hub.settings.stop(), all).await.is_err() {
        tracing::warn!(open = hub.registry.count(), "some connections did not close in time");
    }
    stopping.store(true, Ordering::SeqCst);
    server.stop(false).await;
}

/// The signals that stop the server. They are caught from when this is made.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn wait(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) {
        // Where the signal cannot be had, the server runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Takes the address. Clients are not let in yet.
fn bind(settings: &Settings) -> Result<socket2::Socket, ServerError> {
    let address = settings.listen.address;
    let failed = |reason| ServerError::Listen { address, reason };
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None).map_err(failed)?;
    // A restart must not wait for the old connections' last packets.
    socket.set_reuse_address(true).map_err(failed)?;
    socket.bind(&address.into()).map_err(failed)?;
    Ok(socket)
}

fn listen(settings: &Settings, socket: socket2::Socket) -> Result<TcpListener, ServerError> {
    let failed = |reason| ServerError::Listen { address: settings.listen.address, reason };
    socket.listen(i32::try_from(BACKLOG).unwrap_or(i32::MAX)).map_err(failed)?;
    Ok(socket.into())
}

/// The first line on standard output names the address: with port 0 it is the only way to know it.
#[allow(clippy::print_stdout, reason = "the promised first line")]
fn announce(address: std::net::SocketAddr) -> Result<(), ServerError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    out.flush()?;
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
    Ok(())
}
