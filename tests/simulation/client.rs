//! A program around the real session. It stores and loses the same state as the app.

use std::collections::BTreeMap;
use std::rc::Rc;

use shared::ids::{ChannelName, MessageId};
use shared::presence::Roster;
use shared::protocol::{CloseCode, Payload};
use shared::session::{Credential, Session, SessionConfig};
use shared::time::Timestamp;

use crate::network::{Link, Up};
use crate::wire::Decoder;

/// The start of the world, in milliseconds since the Unix epoch.
const BEGINNING_MS: u64 = 1_767_225_600_000;

/// The secret of the server's tokens.
pub(crate) const SECRET: &str = "a secret for the simulation";

/// The clients' users, each with a token that is signed with [`SECRET`].
pub(crate) const USERS: [(&str, &str); 6] = [
    ("ada", "KKVhnsqjwGAfuYxYWDVfKflY4O3RLgdgASUlfBxVp4k"),
    ("bob", "E8X706oqEzqoBQLsXeJ0dFVykANdlRGYJ7_6IfDgKO8"),
    ("cyd", "SRWchRFdvZ1mu9anaf5c8Er5wYH2uVQH9ce5LA28X1w"),
    ("dan", "wGirqt2HgYd_ToJArV-yAiGf3YeJ4ZjGjCGzYWwrpR0"),
    ("eve", "t7khOkYCgd5UsQjBkjx_EwDhnUcF8xeOWBHm59qMkU0"),
    ("fay", "jmV7zuPTZ45PciGO-uLzRCFyX-SU5aI0usrmLLzXCB8"),
];

/// The claims of each token: `{"sub":"ada"}` and so on, in base64.
const CLAIMS: [&str; 6] = [
    "eyJzdWIiOiJhZGEifQ",
    "eyJzdWIiOiJib2IifQ",
    "eyJzdWIiOiJjeWQifQ",
    "eyJzdWIiOiJkYW4ifQ",
    "eyJzdWIiOiJldmUifQ",
    "eyJzdWIiOiJmYXkifQ",
];

/// An unacknowledged message, as the program stores it over a restart.
#[derive(Debug, Clone)]
pub(crate) struct Unsent {
    pub(crate) channel: ChannelName,
    pub(crate) id: MessageId,
    pub(crate) payload: Payload,
}

/// The socket as a driver holds it.
pub(crate) enum Socket {
    None,
    /// The attempt of this number is in progress.
    Opening(u64),
    Open(Rc<Link>),
}

/// A client.
pub(crate) struct Client {
    pub(crate) number: usize,
    pub(crate) session: Session,
    pub(crate) socket: Socket,
    pub(crate) tries: u64,
    pub(crate) decoder: Decoder,
    /// The subscribed channels.
    pub(crate) follows: Vec<ChannelName>,
    /// The channels with presence, and the members that it shows.
    pub(crate) rosters: BTreeMap<ChannelName, Roster>,
    pub(crate) unsent: Vec<Unsent>,
    /// Messages that were refused for good.
    pub(crate) failed: Vec<Unsent>,
    pub(crate) published: u64,
    pub(crate) pages_waited_for: u64,
    /// The process is asleep until then.
    pub(crate) asleep_until: u64,
    /// The moment for which its timer is set.
    pub(crate) timer: Option<u64>,
    /// A frame that a middlebox holds back until after the next one.
    pub(crate) held_down: Option<String>,
    pub(crate) held_up: Option<Up>,
}

impl Client {
    pub(crate) fn new(number: usize, seed: u64, now: u64) -> Self {
        Self {
            number,
            session: session(number, seed, now),
            socket: Socket::None,
            tries: 0,
            decoder: Decoder::default(),
            follows: Vec::new(),
            rosters: BTreeMap::new(),
            unsent: Vec::new(),
            failed: Vec::new(),
            published: 0,
            pages_waited_for: 0,
            asleep_until: 0,
            timer: None,
            held_down: None,
            held_up: None,
        }
    }

    pub(crate) fn user(&self) -> &'static str {
        USERS[self.number].0
    }

    /// Restarts the process. State that was not stored is lost.
    pub(crate) fn restart(&mut self, seed: u64, now: u64) {
        self.leave();
        self.session = session(self.number, seed, now);
        self.pages_waited_for = 0;
        self.failed.clear();
        self.rosters.values_mut().for_each(|roster| *roster = Roster::default());
        self.timer = None;
    }

    /// Closes the socket with a close frame, as a driver does.
    pub(crate) fn close(&mut self, code: CloseCode) {
        if let Socket::Open(link) = &self.socket {
            link.send(Up::Close(code));
            link.leave();
        }
        self.forget_socket();
    }

    /// Ends the process, and with it the socket.
    fn leave(&mut self) {
        if let Socket::Open(link) = &self.socket {
            link.leave();
        }
        self.forget_socket();
    }

    pub(crate) fn forget_socket(&mut self) {
        self.socket = Socket::None;
        self.decoder = Decoder::default();
        (self.held_down, self.held_up) = (None, None);
    }

    /// Returns the open link, if it is this one.
    pub(crate) fn holds(&self, link: &Rc<Link>) -> bool {
        matches!(&self.socket, Socket::Open(open) if Rc::ptr_eq(open, link))
    }
}

/// Returns the time of a client's clock.
pub(crate) fn timestamp(now: u64) -> Timestamp {
    Timestamp(BEGINNING_MS + now)
}

/// Returns the time since the start of the world.
pub(crate) fn since_beginning(at: Timestamp) -> u64 {
    at.0 - BEGINNING_MS
}

fn session(number: usize, seed: u64, now: u64) -> Session {
    let token = format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.{}.{}", CLAIMS[number], USERS[number].1);
    let config = SessionConfig { credential: Credential::Token(token), name: None };
    Session::new(config, seed, timestamp(now))
}
