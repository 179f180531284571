//! The steps: actions of clients, and failures.

mod server;

use std::rc::Rc;

use shared::ids::{ChannelName, MessageId};
use shared::presence::Roster;
use shared::protocol::{Payload, SignalKind};
use shared::session::Input;

use crate::client::{Socket, Unsent, timestamp};
use crate::model::{Broken, may_publish, may_read};
use crate::network::Link;
use crate::profile::Weights;
use crate::world::{Event, World};

/// A character of one byte in a text and six in its frame.
pub(crate) const OVERSIZE: &str = "\u{1}";

/// A step.
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
    Elsewhere,
    Trim,
    Backup,
    Restore,
    PartDies,
    Intrude,
    Flood,
    Fill,
}

impl Step {
    fn weighed(weights: &Weights) -> [(Self, u32); 24] {
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
            (Self::Elsewhere, weights.elsewhere),
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
    /// Executes the next step and schedules the one after it.
    pub(crate) fn step(&mut self) -> Result<(), Broken> {
        if self.steps_left == 0 {
            return self.heal();
        }
        self.steps_left -= 1;
        let step = self.draw();
        let client = usize::try_from(self.ether.below(self.clients.len() as u64)).unwrap();
        self.ether.note(|| format!("STEP {step:?} {}", self.clients[client].user()));
        self.execute(step, client)?;
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

    fn execute(&mut self, step: Step, client: usize) -> Result<(), Broken> {
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
                self.input(client, Input::History { channel, before, limit })?;
            }
            Step::Signal if awake => {
                let channel = self.channel(client);
                self.input(client, Input::Signal { channel: channel.clone(), kind: SignalKind::Typing })?;
                let read = self.model.position(client, &channel).map(|position| position.offset);
                self.input(client, Input::Seen { channel, delivered: read, read })?;
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
            Step::Elsewhere => self.publish_elsewhere(),
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

    /// Returns a channel, most often one that the client may read.
    fn channel(&self, client: usize) -> ChannelName {
        let user = self.clients[client].user();
        let allowed: Vec<_> =
            self.profile.channels.iter().filter(|channel| may_read(user, channel)).collect();
        if allowed.is_empty() || self.ether.chance(30) {
            return self.ether.pick(&self.profile.channels).clone();
        }
        (*self.ether.pick(&allowed)).clone()
    }

    pub(crate) fn text(&self, from: &str) -> String {
        let length = self.ether.within(1..=self.profile.text_bytes_max);
        let mut text = format!("{from} ");
        text.extend(std::iter::repeat_n('x', usize::try_from(length).unwrap()));
        text
    }

    pub(crate) fn publish(&mut self, client: usize) -> Result<(), Broken> {
        let channel = self.channel(client);
        // A client that is refused a hundred times in a row is disconnected.
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
        self.input(client, Input::Publish { channel, message_id: id, payload })
    }

    pub(crate) fn message_id(&self) -> MessageId {
        let mut random = [0; 10];
        random.fill_with(|| u8::try_from(self.ether.below(256)).unwrap());
        MessageId::new(timestamp(self.ether.now()).0, &random)
    }

    fn subscribe(&mut self, client: usize) -> Result<(), Broken> {
        let channel = self.channel(client);
        if self.clients[client].follows.contains(&channel) {
            // A failed message may be retried or discarded.
            if let Some(Unsent { id: message_id, .. }) = self.clients[client].failed.last().cloned() {
                let input = if self.ether.chance(500) {
                    Input::Retry { message_id }
                } else {
                    self.clients[client].failed.pop();
                    Input::Discard { message_id }
                };
                return self.input(client, input);
            }
            return Ok(());
        }
        self.clients[client].follows.push(channel.clone());
        self.model.subscribe(client, channel.clone(), None);
        let presence = self.ether.chance(800);
        if presence {
            self.clients[client].rosters.insert(channel.clone(), Roster::default());
        }
        self.input(client, Input::Subscribe { channel, since: None, presence })
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
        self.input(client, Input::Unsubscribe { channel: channel.clone() })?;
        // An app that is opened again continues at its stored position.
        if self.ether.chance(300) {
            self.clients[client].follows.push(channel.clone());
            self.model.subscribe(client, channel.clone(), position);
            if presence {
                self.clients[client].rosters.insert(channel.clone(), Roster::default());
            }
            self.input(client, Input::Subscribe { channel, since: position, presence })?;
        }
        Ok(())
    }

    fn restart_client(&mut self, client: usize) -> Result<(), Broken> {
        let (seed, now) = (self.ether.below(u64::MAX), self.ether.now());
        self.clients[client].restart(seed, now);
        self.clients[client].asleep_until = 0;
        self.model.restart(client);
        self.input(client, Input::Start)?;
        for channel in self.clients[client].follows.clone() {
            let since = self.model.position(client, &channel).filter(|_| self.ether.chance(700));
            self.model.unsubscribe(client, &channel);
            self.model.subscribe(client, channel.clone(), since);
            let presence = self.clients[client].rosters.contains_key(&channel);
            self.input(client, Input::Subscribe { channel, since, presence })?;
        }
        for Unsent { channel, id, payload } in self.clients[client].unsent.clone() {
            self.input(client, Input::Publish { channel, message_id: id, payload })?;
        }
        Ok(())
    }
}
