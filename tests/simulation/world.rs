//! One run: events in the order of virtual time, until all is quiet, and all is well.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use backend::fanout::FanOut;
use backend::mailbox::WorkerCommand;
use backend::sequencer::publication::{Caller, Outcome, Publication, ReplyTo};
use backend::store::{Append, Appended};
use shared::protocol::{ClientMessage, CloseCode, Message, Refusal, ServerMessage, codec};
use shared::session::{Action, Delivery, Event as Told, Input, Status};
use tokio::sync::oneshot;

use crate::client::{Client, Socket, USERS, Unsent, since_beginning, timestamp};
use crate::crowd::{self, Flood, Intruder};
use crate::disk::{Disk, Fact, typed};
use crate::ether::{self, Ether};
use crate::model::{Broken, Model};
use crate::network::{Link, Up};
use crate::profile::{Profile, Weather};
use crate::server::{Job, Server};
use crate::stored::Stored;
use crate::wire::Frame;

/// How long, in milliseconds, a world may take to become quiet when nothing goes wrong any more: the longest silence
/// that is taken for life, the longest wait before a try, and all that has to be sent again at the slowest rate.
const QUIET_MS_MAX: u64 = 300_000;

/// How often it is looked whether it is quiet.
const LOOK_MS: u64 = 400;

/// A caller with the key tries again after so many milliseconds.
const CALL_AGAIN_MS: u64 = 700;

/// Something that happens at a moment.
pub(crate) enum Event {
    /// The next step of the story.
    Step,
    /// Something from the server arrives at the client.
    Down(Rc<Link>),
    /// Something from the client arrives at the server.
    Up(Rc<Link>),
    ClientLearns(Rc<Link>),
    ServerLearns(Rc<Link>),
    /// A client's try to connect arrives at the server.
    Connect {
        client: usize,
        number: u64,
    },
    /// The answer to it arrives at the client.
    Connected {
        client: usize,
        number: u64,
        link: Option<Rc<Link>>,
    },
    Timer {
        client: usize,
        at: u64,
    },
    Wake {
        client: usize,
    },
    Read {
        life: u64,
        job: Job,
    },
    Commit {
        life: u64,
        batch: Vec<Publication>,
    },
    Committed {
        life: u64,
        outcomes: Vec<Outcome>,
    },
    Ordered {
        life: u64,
        outcomes: Vec<Outcome>,
    },
    Hand {
        life: u64,
        worker: usize,
        what: WorkerCommand,
    },
    Answer {
        life: u64,
        fan_out: FanOut,
    },
    CallAgain {
        call: usize,
    },
    DiskFree,
    Start,
    Stopped {
        life: u64,
    },
    /// The backup makes its next step.
    Copy,
    /// A part of the server has died a while ago.
    Died {
        life: u64,
    },
    Look,
}

/// Somebody who publishes with the key, and waits for the answer.
pub(crate) struct Call {
    pub(crate) append: Append,
    pub(crate) answer: Option<oneshot::Receiver<Result<Appended, Refusal>>>,
    pub(crate) done: bool,
}

/// What a run has seen.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) messages: u64,
    pub(crate) delivered: u64,
    pub(crate) gaps: u64,
    pub(crate) crashes: u64,
    pub(crate) cuts: u64,
    /// Parts of servers that have died.
    pub(crate) deaths: u64,
    /// Backups that were held against the log.
    pub(crate) copies: u64,
    /// Batches that were full.
    pub(crate) full_batches: u64,
}

/// A world.
pub(crate) struct World {
    pub(crate) profile: Profile,
    pub(crate) ether: Rc<Ether>,
    pub(crate) model: Model,
    pub(crate) disk: Arc<Disk>,
    pub(crate) server: Option<Server>,
    pub(crate) lives: u64,
    pub(crate) clients: Vec<Client>,
    pub(crate) calls: Vec<Call>,
    pub(crate) intruders: Vec<Intruder>,
    pub(crate) floods: Vec<Flood>,
    pub(crate) steps_left: u64,
    pub(crate) counts: Counts,
    pub(crate) hostile: bool,
    healed_at: Option<u64>,
    quiet_looks: u32,
    finished: bool,
}

impl World {
    pub(crate) fn new(seed: u64, profile: Profile, recorded: bool, whole: bool) -> Self {
        let ether = Ether::new(seed, profile.weather, recorded, whole);
        let epoch = ether.below(u64::MAX);
        let users = USERS.iter().take(profile.clients).map(|(user, _)| (*user).to_owned());
        let model = Model::new(users.collect(), epoch, profile.hostile.is_none());
        let disk = if profile.stored { Disk::stored(epoch) } else { Disk::new(epoch, profile.sparse) };
        let disk = Arc::new(disk);
        let seeds: Vec<u64> = (0..profile.clients).map(|_| ether.below(u64::MAX)).collect();
        let clients =
            seeds.into_iter().enumerate().map(|(number, seed)| Client::new(number, seed, 0)).collect();
        Self {
            ether,
            model,
            disk,
            server: None,
            lives: 0,
            clients,
            calls: Vec::new(),
            intruders: (0..crowd::CROWD).map(|_| Intruder::default()).collect(),
            floods: Vec::new(),
            steps_left: profile.steps,
            counts: Counts::default(),
            hostile: profile.hostile.is_some(),
            healed_at: None,
            quiet_looks: 0,
            finished: false,
            profile,
        }
    }

    /// Runs it to its end.
    pub(crate) async fn run(&mut self, panicked: impl Fn() -> Option<String>) -> Result<(), Broken> {
        self.start_server();
        for client in 0..self.clients.len() {
            self.tell(client, Input::Start)?;
        }
        self.ether.after(0, Event::Step);
        while !self.finished {
            let mut busy = false;
            while let Some(event) = self.ether.due() {
                self.handle(event)?;
                busy = true;
            }
            if let Some(server) = &mut self.server {
                server.pump(&self.ether, &self.profile);
                self.counts.full_batches += std::mem::take(&mut server.full_batches);
                if self.profile.crowd {
                    server.check_limits()?;
                }
            }
            self.hear_callers()?;
            self.hear_floods()?;
            if let Some(server) = &self.server {
                server.check_dead(|| self.system_append(self.profile.channels[0].clone()))?;
            }
            let until = self.ether.now() + if busy { 1 } else { 10_000 };
            match &self.server {
                Some(server) => server.tasks.run_until(ether::next(&self.ether, until)).await,
                None => ether::next(&self.ether, until).await,
            }
            if let Some(panic) = panicked() {
                return Err(format!("the server panicked: {panic}"));
            }
        }
        while self.disk.with_stored(Stored::advance_copy).transpose()? == Some(false) {}
        if self.disk.with_stored(|stored| stored.is_like(&*self.disk)) == Some(false) {
            return Err("the store does not hold what the simulated disk does".to_owned());
        }
        (self.counts.messages, self.counts.delivered) = (self.model.accepted(), self.model.delivered);
        self.counts.gaps = self.model.gaps;
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<(), Broken> {
        let life = self.server.as_ref().map_or(0, |server| server.life);
        match event {
            Event::Step => self.step()?,
            Event::Down(link) if self.intruder(&link).is_some() => {}
            Event::Down(link) => self.arrive_down(link)?,
            Event::Up(link) => match link.stalled() {
                Some(until) => self.ether.at(until, Event::Up(link)),
                None => link.arrive_up(),
            },
            Event::ClientLearns(link) if let Some(index) = self.intruder(&link) => {
                let is_open = |open: &mut Rc<Link>| Rc::ptr_eq(open, &link);
                self.intruders[index].link.take_if(is_open);
            }
            Event::ClientLearns(link) => match link.stalled().max(self.asleep(link.client)) {
                Some(until) => self.ether.at(until, Event::ClientLearns(link)),
                None if self.clients[link.client].holds(&link) => {
                    self.clients[link.client].forget_socket();
                    self.tell(link.client, Input::Closed { code: None })?;
                }
                None => {}
            },
            Event::ServerLearns(link) => match link.stalled() {
                Some(until) => self.ether.at(until, Event::ServerLearns(link)),
                None => link.break_for_server(),
            },
            Event::Connect { client, number } => self.connect(client, number),
            Event::Connected { client, number, link } => self.connected(client, number, link)?,
            Event::Timer { client, at } if self.clients[client].timer == Some(at) => {
                if let Some(until) = self.asleep(client) {
                    self.ether.at(until, Event::Timer { client, at });
                } else {
                    self.clients[client].timer = None;
                    self.tell(client, Input::Elapsed)?;
                }
            }
            Event::Timer { .. } => {}
            Event::Wake { client } => {
                if self.asleep(client).is_none() {
                    self.tell(client, Input::Woken)?;
                }
            }
            Event::Read { life: of, job } if of == life => job(),
            Event::Commit { life: of, batch } if of == life => self.commit(batch)?,
            Event::Committed { life: of, outcomes } if of == life => {
                // A log thread that has died meanwhile hands nothing over.
                if let Some(server) = self.server.as_mut().filter(|server| server.can_write()) {
                    server.written();
                    server.fan_out(outcomes, &self.ether, &self.profile);
                }
            }
            Event::Ordered { life: of, outcomes } if of == life => {
                self.learn(&outcomes)?;
                if let Some(server) = &mut self.server {
                    server.fan_out(outcomes, &self.ether, &self.profile);
                }
            }
            Event::Hand { life: of, worker, what } if of == life => {
                if let Some(server) = &self.server {
                    server.tell(worker, what);
                }
            }
            Event::Answer { life: of, fan_out } if of == life => fan_out.answer_callers(),
            // What a server that is gone had still to do.
            Event::Read { .. }
            | Event::Commit { .. }
            | Event::Committed { .. }
            | Event::Ordered { .. }
            | Event::Hand { .. }
            | Event::Answer { .. } => {}
            Event::CallAgain { call } => self.call(call),
            Event::DiskFree => self.disk.set_full(false),
            Event::Start => self.start_server(),
            Event::Stopped { life: of } if of == life => self.end_server()?,
            Event::Copy => self.go_on_copying()?,
            Event::Died { life: of } if of == life => self.end_dead_server()?,
            Event::Stopped { .. } | Event::Died { .. } => {}
            Event::Look => self.look()?,
        }
        Ok(())
    }

    /// Until when a client does nothing, if it is so.
    pub(crate) fn asleep(&self, client: usize) -> Option<u64> {
        let until = self.clients[client].asleep_until;
        (until > self.ether.now()).then_some(until)
    }

    /// Tells a client's session something, and does what it says.
    pub(crate) fn tell(&mut self, client: usize, input: Input) -> Result<(), Broken> {
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
                Action::Emit(event) => self.hear(client, &event)?,
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

    /// A client's program is told something by its session.
    fn hear(&mut self, client: usize, event: &Told) -> Result<(), Broken> {
        let this = &mut self.clients[client];
        self.ether.note(|| format!("{} is told {}", this.user(), shown(event)));
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

    fn arrive_down(&mut self, link: Rc<Link>) -> Result<(), Broken> {
        let client = link.client;
        if let Some(until) = link.stalled().max(self.asleep(client)) {
            self.ether.at(until, Event::Down(link));
            return Ok(());
        }
        let Some(bytes) = link.arrive_down() else { return Ok(()) };
        if !self.clients[client].holds(&link) {
            return Ok(());
        }
        self.clients[client].decoder.take(&bytes);
        while self.clients[client].holds(&link) {
            let Some(frame) = self.clients[client].decoder.next()? else { break };
            match frame {
                Frame::Text(text) => self.let_through(client, text)?,
                Frame::Ping => link.send(Up::Pong),
                Frame::Pong => {}
                Frame::Close(code) => {
                    let code = code.map(CloseCode);
                    self.clients[client].close(code.unwrap_or(CloseCode::NORMAL));
                    self.tell(client, Input::Closed { code })?;
                }
            }
        }
        Ok(())
    }

    /// A frame from the server gets to the client, unless something on the way does not want it to.
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

    fn receive(&mut self, client: usize, text: &str) -> Result<(), Broken> {
        let message = codec::decode_server(text).map_err(|error| format!("{error}: {text}"))?;
        self.ether.note(|| format!("{} receives {}", self.clients[client].user(), shortened(text)));
        self.tell(client, Input::Received(message))
    }

    fn connect(&mut self, client: usize, number: u64) {
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

    fn connected(&mut self, client: usize, number: u64, link: Option<Rc<Link>>) -> Result<(), Broken> {
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
            self.tell(client, Input::Opened)
        } else {
            this.forget_socket();
            self.tell(client, Input::Closed { code: None })
        }
    }

    fn commit(&mut self, batch: Vec<Publication>) -> Result<(), Broken> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let outcomes = server.write(batch);
        let life = server.life;
        self.learn(&outcomes)?;
        let wait = self.ether.within(0..=self.profile.disk_ms_max / 2);
        self.ether.after(wait, Event::Committed { life, outcomes });
        Ok(())
    }

    /// The model learns what has come about.
    pub(crate) fn learn(&mut self, outcomes: &[Outcome]) -> Result<(), Broken> {
        for fact in self.disk.facts() {
            self.ether.note(|| format!("the disk: {}", shortened(&format!("{fact:?}"))));
            if let Fact::Committed(message) = &fact {
                crowd::check_taken(message)?;
            }
            self.model.learn(fact)?;
        }
        for Outcome { append, result, .. } in outcomes {
            let Ok(Appended::Accepted { offset, prev }) = *result else { continue };
            if self.server.as_ref().is_some_and(|server| server.has_history(&append.channel)) {
                continue;
            }
            let Append { channel, id, at, from, payload } = append.clone();
            self.model.learn_live(typed(Message { channel, offset, prev, id, at, from, payload }))?;
        }
        Ok(())
    }

    /// Publishes with the key.
    pub(crate) fn call(&mut self, index: usize) {
        let call = &mut self.calls[index];
        let queued = self.server.as_ref().filter(|server| !server.stopping).is_some_and(|server| {
            let (caller, answer): (Caller, _) = oneshot::channel();
            call.answer = Some(answer);
            let publication = Publication { append: call.append.clone(), reply: ReplyTo::Caller(caller) };
            let history = server.has_history(&publication.append.channel);
            server.core.publisher.publish(publication, history).is_ok()
        });
        if !queued {
            self.ether.after(CALL_AGAIN_MS, Event::CallAgain { call: index });
        }
    }

    fn hear_callers(&mut self) -> Result<(), Broken> {
        for (index, call) in self.calls.iter_mut().enumerate().filter(|(_, call)| !call.done) {
            let Some(answer) = &mut call.answer else { continue };
            match answer.try_recv() {
                Ok(Ok(Appended::Accepted { offset, .. } | Appended::Duplicate { offset })) => {
                    call.done = true;
                    self.model.told(&call.append.channel, call.append.id, offset)?;
                }
                Ok(Err(refusal)) if refusal.retry_after_ms.is_none() => {
                    return Err(format!("a call was refused: {refusal:?}"));
                }
                Ok(Err(_)) | Err(oneshot::error::TryRecvError::Closed) => {
                    call.answer = None;
                    self.ether.after(CALL_AGAIN_MS, Event::CallAgain { call: index });
                }
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
        }
        Ok(())
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&mut self) -> Result<(), Broken> {
        self.ether.note(|| "all is healed".to_owned());
        self.healed_at = Some(self.ether.now());
        self.ether.weather.set(Weather::CALM);
        self.hostile = false;
        self.disk.set_full(false);
        self.disperse();
        for client in 0..self.clients.len() {
            self.clients[client].asleep_until = 0;
            if let Some(held) = self.clients[client].held_down.take() {
                self.receive(client, &held)?;
            }
            let held = self.clients[client].held_up.take();
            if let Socket::Open(link) = &self.clients[client].socket {
                held.into_iter().for_each(|held| link.send(held));
            }
        }
        self.ether.after(LOOK_MS, Event::Look);
        Ok(())
    }

    fn look(&mut self) -> Result<(), Broken> {
        let waiting = self.waiting();
        self.quiet_looks = if waiting.is_none() { self.quiet_looks + 1 } else { 0 };
        self.finished = self.quiet_looks >= 2;
        let late = self.healed_at.is_some_and(|healed| self.ether.now() > healed + QUIET_MS_MAX);
        match waiting {
            Some(waiting) if late => Err(format!("this never ends: {waiting}")),
            Some(_) | None => {
                self.ether.after(LOOK_MS, Event::Look);
                Ok(())
            }
        }
    }

    /// Who waits for something.
    fn waiting(&self) -> Option<String> {
        let offline =
            self.clients.iter().find(|client| !matches!(client.session.status(), Status::Online { .. }));
        if let Some(client) = offline {
            return Some(format!("{} is not online: {:?}", client.user(), client.session.status()));
        }
        if let Some(client) = self.clients.iter().find(|client| client.pages_waited_for > 0) {
            return Some(format!("{} waits for a page", client.user()));
        }
        if self.calls.iter().any(|call| !call.done) || !self.floods.is_empty() {
            return Some("a caller waits".to_owned());
        }
        self.model.unfinished().or_else(|| self.wrong_roster())
    }

    /// Who shows somebody who is not there, or does not show somebody who is.
    fn wrong_roster(&self) -> Option<String> {
        let server = self.server.as_ref()?;
        let shown = self.clients.iter().flat_map(|client| {
            client.rosters.iter().map(move |(channel, roster)| (client.user(), channel, roster))
        });
        for (user, channel, roster) in shown.filter(|(_, channel, _)| server.has_presence(channel)) {
            let there = self.clients.iter().filter(|client| client.follows.contains(channel));
            let there: BTreeSet<&str> = there.map(Client::user).collect();
            let shown: BTreeSet<&str> = roster.iter().map(|(user, _)| user.as_str()).collect();
            let most = self.profile.presence_members_max;
            // Above the limit, a roster is that of the moment at which it was asked for.
            let is_right = if there.len() > most { shown.len() <= most } else { shown == there };
            if !is_right {
                return Some(format!("{user} shows {shown:?} in {channel}, where {there:?} are"));
            }
            let names = roster.iter().map(|(_, name)| name);
            if there.len() <= most
                && !names.eq(server.core.presence.members(channel).iter().map(|member| &member.name))
            {
                return Some(format!("{user} shows an old name in {channel}"));
            }
        }
        None
    }
}

fn shown(event: &Told) -> String {
    shortened(&format!("{event:?}"))
}

/// The beginning of a line: the rest is the text of a message. When a message was taken is the wall clock's word, and
/// so is left out.
fn shortened(line: &str) -> String {
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
    shown.chars().take(SHOWN_CHARS_MAX).collect()
}
