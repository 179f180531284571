//! How somebody comes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use shared::ids::DisplayName;
use shared::session::{Credential, Input, Session, SessionConfig};
use shared::time::Timestamp;

use super::driver::{self, Command};
use super::{Client, Record};
use crate::LOBBY;

/// Somebody who is yet to come.
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

    /// As the guest of an earlier visit.
    #[must_use]
    pub fn returning(mut self, token: &str) -> Self {
        self.config.credential = Credential::Guest(Some(token.to_owned()));
        self
    }

    /// As a user whom a token vouches for.
    #[must_use]
    pub fn vouched_for(mut self, token: &str) -> Self {
        self.config.credential = Credential::Token(token.to_owned());
        self
    }

    /// By way of another address than the server's own, such as a [`Proxy`](crate::Proxy)'s.
    #[must_use]
    pub fn through(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Connects, and enters the lobby.
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

    /// Begins to connect and does not wait.
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

/// A seed that no other session of this or another run has.
fn seed() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let run = u64::from(std::process::id()) << 32;
    run ^ now().0.rotate_left(16) ^ NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// What the clock says.
pub(super) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Timestamp(u64::try_from(since_epoch.as_millis()).expect("a clock before the year 500 million"))
}
