//! One run: handles events in the order of virtual time until the world is quiet, and checks the model.

mod callers;
mod clients;
mod quiet;

use std::rc::Rc;
use std::sync::Arc;

use backend::fanout::FanOut;
use backend::mailbox::WorkerCommand;
use backend::sequencer::publication::Outcome;
use backend::store::{Append, Appended};
use shared::protocol::{Message, Refusal};
use shared::session::Input;
use tokio::sync::oneshot;

use clients::shortened;

use crate::client::{Client, USERS};
use crate::crowd::{self, Flood, Intruder};
use crate::disk::{Disk, Fact, typed};
use crate::ether::{self, Ether};
use crate::model::{Broken, Model};
use crate::network::Link;
use crate::profile::Profile;
use crate::server::{Job, Server};
use crate::stored::Stored;

/// An event at a moment.
pub(crate) enum Event {
    /// The next step.
    Step,
    /// Data from the server arrives at the client.
    Down(Rc<Link>),
    /// Data from the client arrives at the server.
    Up(Rc<Link>),
    ClientLearns(Rc<Link>),
    ServerLearns(Rc<Link>),
    /// A client's attempt to connect arrives at the server.
    Connect {
        client: usize,
        number: u64,
    },
    /// The answer to an attempt arrives at the client.
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
    /// A part of the server died a while ago.
    Died {
        life: u64,
    },
    Look,
}

/// An API caller that publishes and waits for the answer.
pub(crate) struct Call {
    pub(crate) append: Append,
    pub(crate) answer: Option<oneshot::Receiver<Result<Appended, Refusal>>>,
    pub(crate) done: bool,
}

/// The counts of a run.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) messages: u64,
    pub(crate) delivered: u64,
    pub(crate) gaps: u64,
    pub(crate) crashes: u64,
    pub(crate) cuts: u64,
    /// Parts of servers that died.
    pub(crate) deaths: u64,
    /// Messages that another server has published.
    pub(crate) elsewhere: u64,
    /// Backups that were compared with the log.
    pub(crate) copies: u64,
    /// Full batches.
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

    /// Runs the world to its end.
    pub(crate) async fn run(&mut self, panicked: impl Fn() -> Option<String>) -> Result<(), Broken> {
        self.start_server();
        for client in 0..self.clients.len() {
            self.input(client, Input::Start)?;
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
            self.poll_callers()?;
            self.poll_floods()?;
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
            return Err("the contents of the store and of the simulated disk differ".to_owned());
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
                    self.input(link.client, Input::Closed { code: None })?;
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
                    self.input(client, Input::Elapsed)?;
                }
            }
            Event::Timer { .. } => {}
            Event::Wake { client } => {
                if self.asleep(client).is_none() {
                    self.input(client, Input::Woken)?;
                }
            }
            Event::Read { life: of, job } if of == life => job(),
            Event::Commit { life: of } if of == life => self.commit()?,
            Event::Committed { life: of, outcomes } if of == life => {
                // A dead log thread does not deliver its result.
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
                    server.post(worker, what);
                }
            }
            Event::Answer { life: of, fan_out } if of == life => fan_out.answer_callers(),
            // Work of an ended server is dropped.
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

    fn commit(&mut self) -> Result<(), Broken> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let outcomes = server.write();
        let life = server.life;
        self.learn(&outcomes)?;
        let wait = self.ether.within(0..=self.profile.disk_ms_max / 2);
        self.ether.after(wait, Event::Committed { life, outcomes });
        Ok(())
    }

    /// Passes the changes on the disk to the model.
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
}
