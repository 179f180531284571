//! Starts the real program for one story, on a free port and with its own data directory.

mod binary;
mod log;
mod process;
mod settings;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

pub use binary::program;
pub use log::{ServerLog, target_folder, test_name};
pub(crate) use process::undertaker_of;
pub use process::{Process, run_to_end};
pub use settings::Settings;

use crate::client::{Client, ClientBuilder};
use crate::deadline::{DEADLINE, eventually};
use crate::http::Api;
use crate::raw::Raw;

/// A running server. Its data and its log are deleted when this is dropped; the log stays if the story fails.
#[derive(Debug)]
pub struct TestServer {
    settings: Settings,
    address: SocketAddr,
    process: Option<Process>,
    log: ServerLog,
    home: TempDir,
}

impl TestServer {
    /// Starts a server with default settings.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    /// Starts a server with these settings.
    pub async fn start_with(settings: Settings) -> Self {
        let home = TempDir::with_prefix("tidings-test-").expect("a folder for the server's data");
        let log = ServerLog::new();
        let free_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let started = Process::start(&settings, home.path(), free_port, &log).await;
        let (process, address) = started.unwrap_or_else(|failure| panic!("{failure}\n{}", log.tail()));
        Self { settings, address, process: Some(process), log, home }
    }

    /// Returns its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of a path, such as `/healthz`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the directory that it was started in.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Returns the data directory.
    pub fn data(&self) -> PathBuf {
        self.settings.data.clone().unwrap_or_else(|| self.home.path().join(process::DATA))
    }

    /// Returns the API key.
    pub fn api_key(&self) -> String {
        let file = self.data().join("api-key");
        let key = std::fs::read_to_string(&file)
            .unwrap_or_else(|e| panic!("{} cannot be read: {e}", file.display()));
        key.trim().to_owned()
    }

    /// Returns its HTTP API, with the key.
    pub fn api(&self) -> Api {
        Api::new(self.address, Some(self.api_key()))
    }

    /// Returns its HTTP API, without the key.
    pub fn public(&self) -> Api {
        Api::new(self.address, None)
    }

    /// Returns its log.
    pub fn log(&self) -> &ServerLog {
        &self.log
    }

    /// Returns its process, to send it signals.
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("the server runs")
    }

    /// Connects a client of this name and subscribes it to the lobby.
    pub async fn join(&self, name: &str) -> Client {
        self.client(name).join().await
    }

    /// Returns a builder for a client of this name.
    pub fn client(&self, name: &str) -> ClientBuilder {
        ClientBuilder::new(self.address, name)
    }

    /// Opens a raw WebSocket without a `hello`.
    pub async fn raw(&self) -> Raw {
        Raw::connect(self.address, "/ws").await
    }

    /// Opens a raw WebSocket and says `hello`.
    pub async fn greeted(&self, name: &str) -> Raw {
        let mut raw = self.raw().await;
        raw.greet(name).await;
        raw
    }

    /// Opens a connection in plain mode, as the article's snippet does.
    pub async fn plain(&self) -> Raw {
        Raw::connect(self.address, "/").await
    }

    /// Asks the server to stop and waits for a successful exit.
    pub async fn stop(&mut self) {
        self.process().ask_to_stop();
        self.expect_stopped().await;
    }

    /// Waits for a successful exit of a server that was asked to stop.
    pub async fn expect_stopped(&mut self) {
        let mut process = self.process.take().expect("the server runs");
        let status = eventually(DEADLINE, "the server stops after a signal", async || {
            process.ended().ok_or_else(|| self.log.tail())
        })
        .await;
        assert!(status.success(), "the server stopped with {status}\n{}", self.log.tail());
    }

    /// Kills the server, as a crash does.
    pub fn kill(&mut self) {
        self.process.take().expect("the server runs").kill();
    }

    /// Starts the server again on the same port with the same data, after [`stop`](Self::stop) or [`kill`](Self::kill).
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        // The port is free except by coincidence: it is in the range of ephemeral ports.
        let (process, address) = eventually(DEADLINE, "the server starts again on its port", async || {
            Process::start(&self.settings, self.home.path(), self.address, &self.log).await
        })
        .await;
        assert_eq!(address, self.address);
        self.process = Some(process);
    }

    /// Stops the server and starts it again on the same port with the same data.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }
}
