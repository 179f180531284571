//! The clients of a world: the actions of their sessions, and faults of the network in their frames.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use shared::protocol::{ClientMessage, CloseCode, ServerMessage, codec};
use shared::session::{Action, Delivery, Event as Told, Input};

use super::{Event, World};
use crate::client::{Socket, USERS, Unsent, since_beginning, timestamp};
use crate::model::Broken;
use crate::network::{Link, Up};
use crate::wire::Frame;

impl World {
    /// Returns until when a client is asleep, if it is.
    pub(crate) fn asleep(&self, client: usize) -> Option<u64> {
        let until = self.clients[client].asleep_until;
        (until > self.ether.now()).then_some(until)
    }

    /// Gives a client's session an input and executes its actions.
    pub(crate) fn input(&mut self, client: usize, input: Input) -> Result<(), Broken> {
        let now = self.ether.now();
        self.clients[client].session.handle(input, timestamp(now));
        while let Some(action) = self.clients[client].session.poll_action() {
            match action {
                Action::Open => {
                    let this = &mut self.clients[client];
                    this.forget_socket();
                    this.tries += 1;
                    this.socket = Socket::Opening(this.tries);
                    let number = this.tries;
                    self.ether.after(self.ether.delay(), Event::Connect { client, number });
                }
                Action::Send(message) => self.send(client, &message),
                Action::Close => self.clients[client].close(CloseCode::NORMAL),
                Action::Emit(event) => self.on_event(client, &event)?,
            }
        }
        let timeout = self.clients[client].session.poll_timeout().map(|at| since_beginning(at).max(now));
        if self.clients[client].timer != timeout {
            self.clients[client].timer = timeout;
            if let Some(at) = timeout {
                self.ether.at(at, Event::Timer { client, at });
            }
        }
        Ok(())
    }

    /// Handles an event of a client's session.
    fn on_event(&mut self, client: usize, event: &Told) -> Result<(), Broken> {
        let this = &mut self.clients[client];
        self.ether.note(|| format!("{} gets {}", this.user(), shown(event)));
        match event {
            Told::Delivery { message_id, delivery, .. } => {
                let moved = |from: &mut Vec<Unsent>| {
                    let index = from.iter().position(|unsent| unsent.id == *message_id);
                    index.map(|index| from.remove(index))
                };
                match delivery {
                    Delivery::Local => this.unsent.extend(moved(&mut this.failed)),
                    Delivery::Accepted { .. } => drop(moved(&mut this.unsent)),
                    Delivery::Failed { .. } => this.failed.extend(moved(&mut this.unsent)),
                }
            }
            Told::SubscribeRefused { channel, .. } => {
                this.follows.retain(|followed| followed != channel);
                this.rosters.remove(channel);
            }
            Told::Presence { channel, change } => {
                if let Some(roster) = this.rosters.get_mut(channel) {
                    roster.apply(change.clone());
                }
            }
            Told::Page { .. } | Told::HistoryRefused { .. } => this.pages_waited_for -= 1,
            _ => {}
        }
        self.model.event(client, event)
    }

    fn send(&mut self, client: usize, message: &ClientMessage) {
        let text = codec::encode_client(message);
        let this = &mut self.clients[client];
        let Socket::Open(link) = &this.socket else { return };
        let Some(hostile) = self.profile.hostile.filter(|_| self.hostile) else {
            return link.send(Up::Text(text));
        };
        let channel = match message {
            ClientMessage::Subscribe(subscribe) => Some(&subscribe.channel),
            ClientMessage::Unsubscribe { channel } => Some(channel),
            _ => None,
        };
        let (dropped, doubled, swapped) = (
            self.ether.chance(hostile.drop),
            self.ether.chance(hostile.double),
            self.ether.chance(hostile.swap),
        );
        if dropped || doubled || swapped {
            self.model.disturbed[client].extend(channel.cloned());
            self.ether.note(|| format!("on the way: {dropped} {doubled} {swapped}: {}", shortened(&text)));
        }
        if swapped && this.held_up.is_none() {
            this.held_up = Some(Up::Text(text));
            return;
        }
        if !dropped {
            link.send(Up::Text(text.clone()));
        }
        if doubled {
            link.send(Up::Text(text));
        }
        if let Some(held) = this.held_up.take() {
            link.send(held);
        }
    }

    pub(super) fn arrive_down(&mut self, link: Rc<Link>) -> Result<(), Broken> {
        let client = link.client;
        if let Some(until) = link.stalled().max(self.asleep(client)) {
            self.ether.at(until, Event::Down(link));
            return Ok(());
        }
        let Some(bytes) = link.arrive_down() else { return Ok(()) };
        if !self.clients[client].holds(&link) {
            return Ok(());
        }
        self.clients[client].decoder.feed(&bytes);
        while self.clients[client].holds(&link) {
            let Some(frame) = self.clients[client].decoder.next()? else { break };
            match frame {
                Frame::Text(text) => self.let_through(client, text)?,
                Frame::Ping => link.send(Up::Pong),
                Frame::Pong => {}
                Frame::Close(code) => {
                    let code = code.map(CloseCode);
                    self.clients[client].close(code.unwrap_or(CloseCode::NORMAL));
                    self.input(client, Input::Closed { code })?;
                }
            }
        }
        Ok(())
    }

    /// Delivers a frame from the server to the client, unless a middlebox interferes.
    fn let_through(&mut self, client: usize, text: String) -> Result<(), Broken> {
        let Some(hostile) = self.profile.hostile.filter(|_| self.hostile) else {
            return self.receive(client, &text);
        };
        let (dropped, doubled, swapped) = (
            self.ether.chance(hostile.drop),
            self.ether.chance(hostile.double),
            self.ether.chance(hostile.swap),
        );
        if dropped || doubled || swapped {
            let channel = match codec::decode_server(&text) {
                Ok(ServerMessage::Message(message)) => Some(message.channel),
                Ok(ServerMessage::Subscribed(subscribed)) => Some(subscribed.channel),
                _ => None,
            };
            self.model.disturbed[client].extend(channel);
            self.ether.note(|| format!("on the way: {dropped} {doubled} {swapped}: {}", shortened(&text)));
        }
        if swapped && self.clients[client].held_down.is_none() {
            self.clients[client].held_down = Some(text);
            return Ok(());
        }
        let held = self.clients[client].held_down.take();
        let once = (!dropped).then(|| text.clone());
        for text in once.into_iter().chain(doubled.then_some(text)).chain(held) {
            self.receive(client, &text)?;
        }
        Ok(())
    }

    pub(super) fn receive(&mut self, client: usize, text: &str) -> Result<(), Broken> {
        let message = codec::decode_server(text).map_err(|error| format!("{error}: {text}"))?;
        self.ether.note(|| format!("{} receives {}", self.clients[client].user(), shortened(text)));
        self.input(client, Input::Received(message))
    }

    pub(super) fn connect(&mut self, client: usize, number: u64) {
        if !matches!(self.clients[client].socket, Socket::Opening(waiting) if waiting == number) {
            return;
        }
        let weather = self.ether.weather.get();
        if self.ether.chance(weather.unanswered_per_mille) {
            return;
        }
        let refused = self.ether.chance(weather.refused_per_mille);
        let (small, large) = self.profile.socket_bytes;
        let room = usize::try_from(self.ether.within(small..=large)).unwrap();
        let worker = usize::try_from(self.ether.below(self.profile.workers as u64)).unwrap();
        let link = self.server.as_mut().filter(|server| !server.stopping && !refused).and_then(|server| {
            let link = Link::new(&self.ether, client, room);
            server.accept(&link, worker).then_some(link)
        });
        self.ether.note(|| format!("{} connects to worker {worker}: {}", USERS[client].0, link.is_some()));
        self.ether.after(self.ether.delay(), Event::Connected { client, number, link });
    }

    pub(super) fn connected(
        &mut self,
        client: usize,
        number: u64,
        link: Option<Rc<Link>>,
    ) -> Result<(), Broken> {
        if let Some(until) = self.asleep(client) {
            self.ether.at(until, Event::Connected { client, number, link });
            return Ok(());
        }
        let this = &mut self.clients[client];
        if !matches!(this.socket, Socket::Opening(waiting) if waiting == number) {
            if let Some(link) = link {
                link.leave();
            }
            return Ok(());
        }
        if let Some(link) = link {
            this.socket = Socket::Open(link);
            self.input(client, Input::Opened)
        } else {
            this.forget_socket();
            self.input(client, Input::Closed { code: None })
        }
    }
}

fn shown(event: &Told) -> String {
    shortened(&format!("{event:?}"))
}

/// Describes a message for the record, without the time at which it was accepted, because that comes from the wall
/// clock.
pub(super) fn shortened(line: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 300;
    let mut shown = String::new();
    let mut rest = line;
    while let Some(begin) =
        rest.find("\"at\":").map(|at| at + 5).or_else(|| rest.find(" at: Timestamp(").map(|at| at + 15))
    {
        shown.push_str(&rest[..begin]);
        rest = rest[begin..].trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    shown.push_str(rest);
    let Some((end, _)) = shown.char_indices().nth(SHOWN_CHARS_MAX) else { return shown };
    // The rest counts when records are compared.
    let mut hasher = DefaultHasher::new();
    shown.hash(&mut hasher);
    shown.truncate(end);
    format!("{shown}… #{:016x}", hasher.finish())
}
