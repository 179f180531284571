//! What people do, and what goes wrong.

use std::rc::Rc;

use backend::lifecycle::supervision::Part;
use backend::store::{Append, Keep, Log as _};
use shared::ids::{ChannelName, DisplayName, MessageId, Namespace, UserId};
use shared::presence::Roster;
use shared::protocol::{Payload, RawPayload, Sender, SignalKind};
use shared::session::Input;

use crate::client::{Socket, Unsent, timestamp};
use crate::model::{Broken, may_publish, may_read};
use crate::network::Link;
use crate::profile::Weights;
use crate::server::Server;
use crate::stored::Stored;
use crate::world::{Call, Event, World};

/// How many messages a trim takes out at most.
const TRIM_MESSAGES: u32 = 500;

/// How long a backup waits between two of its steps at most, in milliseconds.
const COPY_STEP_MS_MAX: u64 = 300;

/// How long a server goes on at most, in milliseconds, after a part of it has died. The real one ends at once.
const DYING_MS_MAX: u64 = 1_000;

/// A character that is one byte of a text, and six of its frame.
const OVERSIZE: &str = "\u{1}";

/// Something that may happen.
#[derive(Debug, Clone, Copy)]
enum Step {
    Publish,
    Burst,
    Call,
    Race,
    Subscribe,
    Unsubscribe,
    History,
    Signal,
    Cut,
    HalfOpen,
    Stall,
    Sleep,
    ProcessRestart,
    ServerCrash,
    ServerStop,
    DiskFull,
    Trim,
    Backup,
    Restore,
    PartDies,
    Intrude,
    Flood,
    Fill,
}

impl Step {
    fn weighed(weights: &Weights) -> [(Self, u32); 23] {
        [
            (Self::Publish, weights.publish),
            (Self::Burst, weights.burst),
            (Self::Call, weights.call),
            (Self::Race, weights.race),
            (Self::Subscribe, weights.subscribe),
            (Self::Unsubscribe, weights.unsubscribe),
            (Self::History, weights.history),
            (Self::Signal, weights.signal),
            (Self::Cut, weights.cut),
            (Self::HalfOpen, weights.half_open),
            (Self::Stall, weights.stall),
            (Self::Sleep, weights.sleep),
            (Self::ProcessRestart, weights.process_restart),
            (Self::ServerCrash, weights.server_crash),
            (Self::ServerStop, weights.server_stop),
            (Self::DiskFull, weights.disk_full),
            (Self::Trim, weights.trim),
            (Self::Backup, weights.backup),
            (Self::Restore, weights.restore),
            (Self::PartDies, weights.part_dies),
            (Self::Intrude, weights.intrude),
            (Self::Flood, weights.flood),
            (Self::Fill, weights.fill),
        ]
    }
}

impl World {
    /// Does the next thing, and says when the one after it comes.
    pub(crate) fn step(&mut self) -> Result<(), Broken> {
        if self.steps_left == 0 {
            return self.heal();
        }
        self.steps_left -= 1;
        let step = self.draw();
        let client = usize::try_from(self.ether.below(self.clients.len() as u64)).unwrap();
        self.ether.note(|| format!("STEP {step:?} {}", self.clients[client].user()));
        self.take(step, client)?;
        self.ether.after(self.ether.within(0..=self.profile.step_ms_max), Event::Step);
        Ok(())
    }

    fn draw(&self) -> Step {
        let all = Step::weighed(&self.profile.weights);
        let whole: u32 = all.iter().map(|(_, weight)| weight).sum();
        let mut place = u32::try_from(self.ether.below(u64::from(whole))).unwrap();
        for (step, weight) in all {
            if place < weight {
                return step;
            }
            place -= weight;
        }
        Step::Publish
    }

    fn take(&mut self, step: Step, client: usize) -> Result<(), Broken> {
        let awake = self.asleep(client).is_none();
        match step {
            Step::Publish if awake => self.publish(client)?,
            Step::Burst if awake => {
                for _ in 0..self.ether.within(2..=self.profile.burst_max) {
                    self.publish(client)?;
                }
            }
            Step::Call => self.call_anew(),
            Step::Race => self.race(client),
            Step::Subscribe if awake => self.subscribe(client)?,
            Step::Unsubscribe if awake => self.unsubscribe(client)?,
            Step::History if awake => {
                let channel = self.channel(client);
                let before = self.model.position(client, &channel).map(|position| position.offset);
                let before = before.filter(|_| self.ether.chance(500));
                let limit = u32::try_from(self.ether.within(1..=50)).unwrap();
                self.clients[client].pages_waited_for += 1;
                self.tell(client, Input::History { channel, before, limit })?;
            }
            Step::Signal if awake => {
                let channel = self.channel(client);
                self.tell(client, Input::Signal { channel: channel.clone(), kind: SignalKind::Typing })?;
                let read = self.model.position(client, &channel).map(|position| position.offset);
                self.tell(client, Input::Seen { channel, delivered: read, read })?;
            }
            Step::Cut => self.with_link(client, Link::cut),
            Step::HalfOpen => self.with_link(client, |link| link.go_silent()),
            Step::Stall => {
                let until = self.ether.now() + self.ether.within(100..=8_000);
                self.with_link(client, |link| link.stall(until));
            }
            Step::Sleep if awake => {
                let until = self.ether.now() + self.ether.within(100..=20_000);
                self.clients[client].asleep_until = until;
                self.ether.at(until, Event::Wake { client });
            }
            Step::ProcessRestart => self.restart_client(client)?,
            Step::ServerCrash => self.crash(),
            Step::ServerStop => self.stop(),
            Step::DiskFull => {
                self.disk.set_full(true);
                self.ether.after(self.ether.within(10..=3_000), Event::DiskFree);
            }
            Step::Trim => self.trim()?,
            Step::Backup => self.back_up(),
            Step::Restore => self.restore(),
            Step::PartDies => self.part_dies(),
            Step::Intrude => self.intrude(),
            Step::Flood => self.flood(client)?,
            Step::Fill => self.fill()?,
            Step::Publish
            | Step::Burst
            | Step::Subscribe
            | Step::Unsubscribe
            | Step::History
            | Step::Signal
            | Step::Sleep => {}
        }
        Ok(())
    }

    fn with_link(&mut self, client: usize, what: impl FnOnce(&Rc<Link>)) {
        if let Socket::Open(link) = &self.clients[client].socket {
            self.counts.cuts += 1;
            what(link);
        }
    }

    /// Some channel, most often one that the client may read.
    fn channel(&self, client: usize) -> ChannelName {
        let user = self.clients[client].user();
        let allowed: Vec<_> =
            self.profile.channels.iter().filter(|channel| may_read(user, channel)).collect();
        if allowed.is_empty() || self.ether.chance(30) {
            return self.ether.pick(&self.profile.channels).clone();
        }
        (*self.ether.pick(&allowed)).clone()
    }

    fn text(&self, from: &str) -> String {
        let length = self.ether.within(1..=self.profile.text_bytes_max);
        let mut text = format!("{from} ");
        text.extend(std::iter::repeat_n('x', usize::try_from(length).unwrap()));
        text
    }

    pub(crate) fn publish(&mut self, client: usize) -> Result<(), Broken> {
        let channel = self.channel(client);
        // Who is refused a hundred times in a row is sent away.
        if !may_publish(self.clients[client].user(), &channel) && !self.ether.chance(200) {
            return Ok(());
        }
        let now = timestamp(self.ether.now());
        let this = &mut self.clients[client];
        this.published += 1;
        let (number, id) = (this.published, this.session.new_message_id(now));
        let from = format!("{} {number}", this.user());
        let fits = !self.profile.oversize || number % 4 != 0;
        let payload =
            Payload::chat(if fits { self.text(&from) } else { format!("x{}", OVERSIZE.repeat(12_000)) });
        let unsent = Unsent { channel: channel.clone(), id, payload: payload.clone() };
        self.clients[client].unsent.push(unsent);
        self.model.publish(client, channel.clone(), id, number, fits);
        self.ether.note(|| format!("{from} is {id} to {channel}"));
        self.tell(client, Input::Publish { channel, message_id: id, payload })
    }

    pub(crate) fn message_id(&self) -> MessageId {
        let mut random = [0; 10];
        random.fill_with(|| u8::try_from(self.ether.below(256)).unwrap());
        MessageId::new(timestamp(self.ether.now()).0, &random)
    }

    fn call_anew(&mut self) {
        let channel = self.ether.pick(&self.profile.channels).clone();
        let append = self.system_append(channel);
        self.begin_call(append);
    }

    /// A message that is published with the key.
    pub(crate) fn system_append(&self, channel: ChannelName) -> Append {
        Append {
            channel,
            id: self.message_id(),
            at: timestamp(self.ether.now()),
            from: sender("system"),
            payload: RawPayload::from(&Payload::chat(self.text("system"))),
        }
    }

    /// A message that is on its way comes by a second way, too.
    fn race(&mut self, client: usize) {
        let user = self.clients[client].user();
        let unsent = self.clients[client].unsent.iter();
        // The other way has no frames, and would accept what is too large for one.
        let fits =
            |payload: &Payload| !matches!(payload, Payload::Chat { text, .. } if text.contains(OVERSIZE));
        let unsent: Vec<_> =
            unsent.filter(|unsent| may_publish(user, &unsent.channel) && fits(&unsent.payload)).collect();
        if unsent.is_empty() {
            return;
        }
        let Unsent { channel, id, payload } = (*self.ether.pick(&unsent)).clone();
        self.model.allow_any_order(id);
        let at = timestamp(self.ether.now());
        let payload = RawPayload::from(&payload);
        self.begin_call(Append { channel, id, at, from: sender(user), payload });
    }

    fn begin_call(&mut self, append: Append) {
        self.calls.push(Call { append, answer: None, done: false });
        self.call(self.calls.len() - 1);
    }

    fn subscribe(&mut self, client: usize) -> Result<(), Broken> {
        let channel = self.channel(client);
        if self.clients[client].follows.contains(&channel) {
            // Something that failed may be tried again, or given up.
            if let Some(Unsent { id: message_id, .. }) = self.clients[client].failed.last().cloned() {
                let input = if self.ether.chance(500) {
                    Input::Retry { message_id }
                } else {
                    self.clients[client].failed.pop();
                    Input::Discard { message_id }
                };
                return self.tell(client, input);
            }
            return Ok(());
        }
        self.clients[client].follows.push(channel.clone());
        self.model.subscribe(client, channel.clone(), None);
        let presence = self.ether.chance(800);
        if presence {
            self.clients[client].rosters.insert(channel.clone(), Roster::default());
        }
        self.tell(client, Input::Subscribe { channel, since: None, presence })
    }

    fn unsubscribe(&mut self, client: usize) -> Result<(), Broken> {
        if self.clients[client].follows.is_empty() {
            return Ok(());
        }
        let channel = self.ether.pick(&self.clients[client].follows).clone();
        self.clients[client].follows.retain(|followed| *followed != channel);
        let position = self.model.position(client, &channel);
        self.model.unsubscribe(client, &channel);
        let presence = self.clients[client].rosters.remove(&channel).is_some();
        self.tell(client, Input::Unsubscribe { channel: channel.clone() })?;
        // A page that is opened again goes on where it was.
        if self.ether.chance(300) {
            self.clients[client].follows.push(channel.clone());
            self.model.subscribe(client, channel.clone(), position);
            if presence {
                self.clients[client].rosters.insert(channel.clone(), Roster::default());
            }
            self.tell(client, Input::Subscribe { channel, since: position, presence })?;
        }
        Ok(())
    }

    fn restart_client(&mut self, client: usize) -> Result<(), Broken> {
        let (seed, now) = (self.ether.below(u64::MAX), self.ether.now());
        self.clients[client].restart(seed, now);
        self.clients[client].asleep_until = 0;
        self.model.restart(client);
        self.tell(client, Input::Start)?;
        for channel in self.clients[client].follows.clone() {
            let since = self.model.position(client, &channel).filter(|_| self.ether.chance(700));
            self.model.unsubscribe(client, &channel);
            self.model.subscribe(client, channel.clone(), since);
            let presence = self.clients[client].rosters.contains_key(&channel);
            self.tell(client, Input::Subscribe { channel, since, presence })?;
        }
        for Unsent { channel, id, payload } in self.clients[client].unsent.clone() {
            self.tell(client, Input::Publish { channel, message_id: id, payload })?;
        }
        Ok(())
    }

    pub(crate) fn start_server(&mut self) {
        if self.server.is_some() {
            return;
        }
        self.lives += 1;
        let live_epoch = self.ether.below(u64::MAX);
        self.model.begin_live(live_epoch);
        if self.lives > 1 {
            self.disk.with_stored(Stored::reopen);
        }
        self.server = Some(Server::start(self.lives, &self.profile, &self.disk, live_epoch));
        self.ether.note(|| format!("server {} begins", self.lives));
    }

    /// The process is killed, or the machine loses its power.
    pub(crate) fn crash(&mut self) {
        let Some(server) = self.server.take() else { return };
        self.counts.crashes += 1;
        let power = self.profile.power_loss && self.ether.chance(500);
        for link in &server.links {
            if power {
                link.go_silent();
            } else {
                link.lose_server();
            }
        }
        drop(server);
        if power {
            let lost = self.ether.within(0..=self.disk.unsafe_commits());
            let epoch = self.ether.below(u64::MAX);
            self.disk.lose_power(lost, epoch);
            self.ether.note(|| format!("power is lost, and {lost} commits"));
            self.model.begin_log(epoch, self.disk.contents());
        } else if self.ether.chance(300) {
            self.disk.sync();
        }
        self.ether.after(self.ether.within(0..=3_000), Event::Start);
    }

    /// A part of the server dies.
    fn part_dies(&mut self) {
        let part = *self.ether.pick(&[Part::LogThread, Part::LogThread, Part::Worker, Part::Sequencer]);
        let worker = usize::try_from(self.ether.below(self.profile.workers as u64)).unwrap();
        let Some(server) = self.server.as_mut().filter(|server| !server.stopping && server.died.is_none())
        else {
            return;
        };
        server.kill(part, worker);
        self.counts.deaths += 1;
        let life = server.life;
        self.ether.note(|| format!("{part} {worker} dies"));
        self.ether.after(self.ether.within(1..=DYING_MS_MAX), Event::Died { life });
    }

    /// A part has died a while ago. The server has noticed, and its process ends.
    pub(crate) fn end_dead_server(&mut self) -> Result<(), Broken> {
        let Some(server) = self.server.take() else { return Ok(()) };
        let (died, noticed) = (server.died, server.noticed.get());
        if noticed != died {
            return Err(format!("{died:?} has died, and the server has noticed {noticed:?}"));
        }
        self.ether.note(|| format!("the server ends, because {died:?} has died"));
        server.links.iter().for_each(Link::lose_server);
        self.ether.after(self.ether.within(0..=3_000), Event::Start);
        Ok(())
    }

    /// The server is asked to stop.
    fn stop(&mut self) {
        let is_well = |server: &&mut Server| !server.stopping && server.died.is_none();
        let Some(server) = self.server.as_mut().filter(is_well) else { return };
        server.stop();
        let life = server.life;
        self.ether.after(self.ether.within(0..=2_000), Event::Stopped { life });
    }

    /// It has stopped, and comes again.
    pub(crate) fn end_server(&mut self) -> Result<(), Broken> {
        let outcomes = self.server.as_mut().map(Server::write_rest).unwrap_or_default();
        self.learn(&outcomes)?;
        self.server = None;
        self.disk.sync();
        self.ether.after(self.ether.within(0..=1_000), Event::Start);
        Ok(())
    }

    fn trim(&mut self) -> Result<(), Broken> {
        let Some(most) = self.profile.retention else { return Ok(()) };
        let keep = Keep { messages: Some(most), ..Keep::default() };
        for channel in self.profile.channels.clone() {
            let namespace = Namespace::parse(channel.namespace()).unwrap();
            self.disk.trim(&namespace, &keep, None, TRIM_MESSAGES).map_err(|error| error.to_string())?;
        }
        self.learn(&[])
    }

    /// A copy is made: at once, or step by step from the real store.
    fn back_up(&mut self) {
        match self.disk.with_stored(Stored::begin_copy) {
            None => self.disk.copy(),
            Some(true) => self.ether.after(self.ether.within(0..=COPY_STEP_MS_MAX), Event::Copy),
            Some(false) => {}
        }
    }

    /// The backup makes its next step.
    pub(crate) fn go_on_copying(&mut self) -> Result<(), Broken> {
        match self.disk.with_stored(Stored::advance_copy).transpose()? {
            Some(false) => self.ether.after(self.ether.within(0..=COPY_STEP_MS_MAX), Event::Copy),
            _ => self.counts.copies += 1,
        }
        Ok(())
    }

    /// The server is stopped, a backup put in the place of its log, and the server started.
    fn restore(&mut self) {
        if let Some(server) = self.server.take() {
            server.links.iter().for_each(Link::lose_server);
        }
        let epoch = self.ether.below(u64::MAX);
        if self.disk.restore(epoch) {
            self.ether.note(|| "a backup is put back".to_owned());
            self.model.begin_log(epoch, self.disk.contents());
        }
        self.ether.after(self.ether.within(0..=1_000), Event::Start);
    }
}

fn sender(user: &str) -> Sender {
    Sender { user: UserId::parse(user).unwrap(), name: DisplayName::parse(user).unwrap() }
}
