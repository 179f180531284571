//! Starts the server, waits for a signal or a dead part, and stops the server in order.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use shared::ids::{Epoch, Namespace};
use socket2::SockRef;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::core::{Core, CoreParts};
use super::streams;
use crate::auth::Tokens;
use crate::config::{self, Policy, Settings};
use crate::fanout::Distributor;
use crate::lifecycle::open_files::OpenFiles;
use crate::lifecycle::signals::Signals;
use crate::lifecycle::supervision::{Part, first_end};
use crate::lifecycle::{ServerError, directory, listener};
use crate::mailbox::Mailboxes;
use crate::presence::PRESENCE_MEMBERS_MAX;
use crate::random;
use crate::sequencer::direct::Direct;
use crate::sequencer::publisher::Start;
use crate::sequencer::retention::{Retention, Rule};
use crate::sequencer::{live, log_thread};
use crate::store::sqlite::SqliteLog;
use crate::store::{Log, Threads};
use crate::telemetry::{self, metrics::Metrics};

/// Runs the server until SIGTERM or SIGINT stops it.
///
/// # Errors
/// [`ServerError`].
pub async fn run(settings: Settings) -> Result<(), ServerError> {
    let _lock = directory::prepare(&settings.data)?;
    let path = settings.data.join("tidings.db");
    // Bind before the log is opened. Otherwise a failed bind would leave the log unclosed, and the next start would check it.
    let socket = listener::bind(&settings)?;
    let log =
        SqliteLog::open(&path, settings.durability).map_err(|reason| ServerError::Log { path, reason })?;
    let listener = listener::listen(&settings, socket)?;
    serve(settings, Arc::new(log), listener).await
}

/// Runs the server on a log and a listening socket, until SIGTERM or SIGINT stops it or a part dies.
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
    let metrics = Metrics::new();
    let (mailboxes, receivers) = Mailboxes::new(settings.workers, metrics.clone());
    let distributor = Distributor::new(mailboxes.clone(), metrics.clone());
    let mut sink = distributor.clone().sink();
    let (log_thread_lives, log_thread_ended) = oneshot::channel::<()>();
    let (queue, log_thread) = log_thread::start(Arc::clone(&log), Direct::default(), move |outcomes| {
        // The thread drops the sender when it ends, also after a panic.
        let _lives = &log_thread_lives;
        sink(outcomes);
    })?;
    let mut retention =
        Retention::start(Arc::clone(&log), queue.clone(), rules(&settings), settings.retention())?;
    let start = random_start()?;
    let (live, sequencers): (Vec<_>, Vec<_>) = (0..settings.workers).map(|_| live::queue()).unzip();
    let path = settings.data.join("tidings.db");
    let core = Core::new(CoreParts {
        settings,
        log: Arc::clone(&log),
        offload: Arc::new(Threads),
        queue,
        live,
        tokens,
        start,
        mailboxes,
        presence_members_max: PRESENCE_MEMBERS_MAX,
        metrics,
    });
    let core = core.map_err(|reason| ServerError::Log { path, reason })?;

    let ends = receivers.into_iter().zip(sequencers).enumerate().collect();
    let mut server = streams::start(&core, ends, distributor, &api_key, listener, open_files)?;
    // Catch the signals before the address is announced: a supervisor may stop the server as soon as it knows the address.
    let signals = Signals::new()?;
    let stopping = Arc::new(AtomicBool::new(false));
    let stopper = stop_on_signal(signals, core.clone(), server.handle(), door, Arc::clone(&stopping));
    let mut stopper = actix_web::rt::spawn(stopper);
    listener::announce(address)?;
    if !address.ip().is_loopback() && core.settings.hosts.is_empty() && core.settings.origins.is_empty() {
        tracing::info!(
            "pages may connect by this machine's addresses; if browsers use a name, give it with --host"
        );
    }
    let first_end = first_end(&core.mailboxes, &core.publisher, log_thread_ended, retention.ended());
    until_stopped(&mut server, &mut stopper, first_end, &stopping).await?;
    stopper.abort();
    // Before the log thread, which executes its trims.
    retention.stop();
    core.publisher.log().stop();
    // Queued messages are still stored, although no client can receive the acknowledgement.
    let log_thread = log_thread.join();
    if let Err(error) = log.close() {
        tracing::warn!(%error, "the log could not be closed in order; it will be checked at the next start");
    }
    log_thread.map_err(|_| ServerError::Died(Part::LogThread))?;
    tracing::info!("stopped");
    Ok(())
}

/// Waits until the server has stopped. `stopping` is true when it is being stopped in order.
///
/// # Errors
/// [`ServerError::Died`] if the stopper or another part ends before; the error of the server.
async fn until_stopped(
    mut server: impl Future<Output = std::io::Result<()>> + Unpin,
    stopper: &mut JoinHandle<()>,
    first_end: impl Future<Output = Part>,
    stopping: &AtomicBool,
) -> Result<(), ServerError> {
    tokio::select! {
        ended = &mut server => ended?,
        // The signals are caught, so without the task that waits for them nothing could stop the server in order.
        Err(_) = stopper => return Err(ServerError::Died(Part::Stopper)),
        part = first_end => {
            // Parts also end when the server stops.
            if !stopping.load(Ordering::SeqCst) {
                tracing::error!(%part, "a part has died; the server exits and must be restarted");
                return Err(ServerError::Died(part));
            }
            server.await?;
        }
    }
    Ok(())
}

/// Returns the random values of a start.
fn random_start() -> Result<Start, getrandom::Error> {
    Ok(Start { live_epoch: Epoch(random::number()?), live_key: random::number()? })
}

/// Returns the retention rules of the namespaces that do not keep everything.
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

/// On a signal, asks all clients to reconnect later, waits until their connections are closed, and stops the server.
async fn stop_on_signal(
    mut signals: Signals,
    core: Core,
    server: ServerHandle,
    door: TcpListener,
    stopping: Arc<AtomicBool>,
) {
    signals.wait().await;
    tracing::info!("stopping");
    server.pause().await;
    telemetry::hide_accept_errors();
    // Without this the kernel would accept further connections that nothing answers. Linux refuses them from here on; on a system
    // without this, they end with the process.
    let _ = SockRef::from(&door).shutdown(std::net::Shutdown::Both);
    let stopped = core.mailboxes.stop();
    let all = futures_util::future::join_all(stopped);
    if tokio::time::timeout(core.settings.stop(), all).await.is_err() {
        tracing::warn!(open = core.registry.count(), "some connections did not close in time");
    }
    stopping.store(true, Ordering::SeqCst);
    server.stop(false).await;
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::timeout;

    use super::*;

    /// Maximum wait for an event that should be immediate.
    const DEADLINE: Duration = Duration::from_secs(10);

    #[test]
    fn the_values_of_each_start_are_random() {
        let (one, other) = (random_start().unwrap(), random_start().unwrap());
        assert_ne!(one.live_epoch, other.live_epoch);
        assert_ne!(one.live_key, other.live_key, "the homes of channels could be computed by clients");
    }

    #[tokio::test]
    async fn a_panic_of_the_task_that_waits_for_signals_ends_the_server() {
        let mut stopper = tokio::spawn(async { panic!("a bug") });
        let stopping = AtomicBool::new(false);
        let ended = until_stopped(pending(), &mut stopper, pending(), &stopping);
        let ended = timeout(DEADLINE, ended).await.expect("the server ends");
        assert!(matches!(ended, Err(ServerError::Died(Part::Stopper))), "{ended:?}");
    }

    #[tokio::test]
    async fn parts_that_end_during_a_stop_are_no_failure_and_the_server_is_waited_for() {
        let (stop, stopped) = oneshot::channel::<()>();
        let mut stopper = tokio::spawn(async {});
        let server = Box::pin(async { stopped.await.map_err(std::io::Error::other) });
        let stopping = AtomicBool::new(true);
        let mut ended = Box::pin(until_stopped(server, &mut stopper, ready(Part::Worker), &stopping));
        tokio::select! {
            biased;
            ended = &mut ended => panic!("the server has not ended yet: {ended:?}"),
            () = tokio::task::yield_now() => {}
        }
        stop.send(()).unwrap();
        timeout(DEADLINE, ended).await.expect("the server ends").unwrap();
    }
}
