//! Drives a session: one socket, one timer, no decisions.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use shared::ids::{ChannelName, MessageId};
use shared::protocol::{CloseCode, Payload, codec};
use shared::session::{Action, Input, Session};
use shared::time::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{self, Message};

use super::journal::Sent;
use super::record::Record;
use super::socket::{Open, Stream};

/// A command of the person.
#[derive(Debug)]
pub(super) enum Command {
    /// An input of the session.
    Input(Input),
    /// Publish, and return the id.
    Publish { channel: ChannelName, payload: Payload, tell: oneshot::Sender<MessageId> },
    /// The network is up or down.
    Network(bool),
}

type Opening = Pin<Box<dyn Future<Output = Result<Stream, tungstenite::Error>> + Send>>;

enum Socket {
    None,
    Opening(Opening),
    Open(Open),
}

/// The cause of a wake-up.
enum Wake {
    Command(Option<Command>),
    Opened(Result<Stream, tungstenite::Error>),
    Frame(Option<Result<Message, tungstenite::Error>>),
    Timer,
}

struct Driver {
    session: Session,
    url: String,
    socket: Socket,
    network: bool,
    record: Arc<Record>,
}

/// Runs a session until its person is dropped.
pub(super) fn drive(
    session: Session,
    url: String,
    record: Arc<Record>,
) -> (mpsc::UnboundedSender<Command>, JoinHandle<()>) {
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut driver = Driver { session, url, socket: Socket::None, network: true, record };
    let task = tokio::spawn(async move {
        loop {
            match driver.wake(&mut told).await {
                Wake::Command(None) => break,
                Wake::Command(Some(command)) => driver.obey(command),
                Wake::Opened(Ok(stream)) => {
                    driver.socket = Socket::Open(Open::new(stream));
                    driver.input(Input::Opened);
                }
                Wake::Opened(Err(_)) => driver.lost(None),
                Wake::Frame(Some(Ok(message))) => driver.read(message),
                Wake::Frame(Some(Err(_)) | None) => driver.lost(None),
                Wake::Timer => driver.input(Input::Elapsed),
            }
            driver.act();
        }
    });
    (tell, task)
}

impl Driver {
    async fn wake(&mut self, commands: &mut mpsc::UnboundedReceiver<Command>) -> Wake {
        let wait = self.session.poll_timeout().map(|until| until.since(now()));
        tokio::select! {
            command = commands.recv() => Wake::Command(command),
            wake = socket_wakes(&mut self.socket) => wake,
            () = sleep(wait) => Wake::Timer,
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Input(input) => self.input(input),
            Command::Publish { channel, payload, tell } => {
                let message_id = self.session.new_message_id(now());
                let sent = Sent { channel: channel.clone(), id: message_id, payload: payload.clone() };
                self.record.add_sent(sent);
                self.input(Input::Publish { channel, message_id, payload });
                // The receiver may be dropped.
                let _ = tell.send(message_id);
            }
            Command::Network(true) => {
                self.network = true;
                self.input(Input::Woken);
            }
            Command::Network(false) => {
                self.network = false;
                self.lost(None);
            }
        }
    }

    fn read(&mut self, message: Message) {
        match message {
            Message::Text(text) => match codec::decode_server(&text) {
                Ok(message) => {
                    self.record.add_arrived(&message);
                    self.input(Input::Received(message));
                }
                Err(e) => panic!("the server sent an invalid message: {e}\n{text}"),
            },
            Message::Close(frame) => self.lost(frame.map(|frame| CloseCode(frame.code.into()))),
            Message::Binary(bytes) => panic!("the server sent {} binary bytes", bytes.len()),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }

    fn lost(&mut self, code: Option<CloseCode>) {
        self.socket = Socket::None;
        self.input(Input::Closed { code });
    }

    fn input(&mut self, input: Input) {
        self.session.handle(input, now());
    }

    fn act(&mut self) {
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Open if self.network => {
                    let url = self.url.clone();
                    self.socket = Socket::Opening(Box::pin(async move { Ok(connect_async(url).await?.0) }));
                }
                Action::Open => self.input(Input::Closed { code: None }),
                Action::Send(message) => {
                    if let Socket::Open(socket) = &self.socket {
                        socket.send(codec::encode_client(&message));
                    }
                }
                Action::Close => {
                    if let Socket::Open(socket) = std::mem::replace(&mut self.socket, Socket::None) {
                        socket.close();
                    }
                }
                Action::Emit(event) => self.record.add(event),
            }
        }
        self.record.set_status(self.session.status());
    }
}

async fn socket_wakes(socket: &mut Socket) -> Wake {
    match socket {
        Socket::None => std::future::pending().await,
        Socket::Opening(opening) => Wake::Opened(opening.await),
        Socket::Open(socket) => Wake::Frame(socket.incoming.next().await),
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

/// Returns the time.
pub(super) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Timestamp(u64::try_from(since_epoch.as_millis()).expect("a clock before the year 500 million"))
}
