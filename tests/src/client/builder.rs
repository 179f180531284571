//! Connects a client with an identity, by an address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shared::ids::DisplayName;
use shared::session::{Credential, Input, Session, SessionConfig};

use super::driver::{self, Command, now};
use super::native::Client;
use super::record::Record;
use crate::channels::LOBBY;

/// A client that is not connected yet.
#[derive(Debug)]
pub struct ClientBuilder {
    address: SocketAddr,
    label: String,
    config: SessionConfig,
}

impl ClientBuilder {
    pub(crate) fn new(address: SocketAddr, name: &str) -> Self {
        let display_name = DisplayName::parse(name).expect("a name");
        let config = SessionConfig { credential: Credential::Guest(None), name: Some(display_name) };
        Self { address, label: name.to_owned(), config }
    }

    /// Connects as the guest of an earlier visit.
    #[must_use]
    pub fn returning(mut self, token: &str) -> Self {
        self.config.credential = Credential::Guest(Some(token.to_owned()));
        self
    }

    /// Connects as the user of a token.
    #[must_use]
    pub fn vouched_for(mut self, token: &str) -> Self {
        self.config.credential = Credential::Token(token.to_owned());
        self
    }

    /// Connects to another address than the server's own, such as a [`Proxy`](crate::Proxy)'s.
    #[must_use]
    pub fn through(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Connects and subscribes to the lobby.
    pub async fn join(self) -> Client {
        let client = self.connect().await;
        client.enter(LOBBY).await;
        client
    }

    /// Connects.
    pub async fn connect(self) -> Client {
        let client = self.start();
        client.expect_online().await;
        client
    }

    /// Starts to connect and does not wait.
    pub fn start(self) -> Client {
        let record = Arc::new(Record::default());
        let session = Session::new(self.config, seed(), now());
        let url = format!("ws://{}/ws", self.address);
        let (commands, task) = driver::drive(session, url, Arc::clone(&record));
        let client = Client { label: self.label, commands, record, task };
        client.command(Command::Input(Input::Start));
        client
    }
}

/// Returns a seed that no other session of this or another run has.
fn seed() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let run = u64::from(std::process::id()) << 32;
    run ^ now().0.rotate_left(16) ^ NUMBER.fetch_add(1, Ordering::Relaxed)
}
