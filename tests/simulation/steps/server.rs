//! The steps that concern the server and its disk: starts, crashes, stops, dead parts, trims and backups.

use backend::lifecycle::supervision::Part;
use backend::store::{Entry, Keep, Log as _, Trim};
use shared::ids::Namespace;

use crate::model::Broken;
use crate::network::Link;
use crate::server::Server;
use crate::stored::Stored;
use crate::world::{Event, World};

/// Maximum number of messages that a trim deletes.
const TRIM_MESSAGES: u32 = 500;

/// Maximum pause of a backup between two steps, in milliseconds.
const COPY_STEP_MS_MAX: u64 = 300;

/// How long a server runs on at most after the death of a part, in milliseconds. The real one ends at once.
const DYING_MS_MAX: u64 = 1_000;

impl World {
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

    /// Kills the process, or cuts the power.
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

    /// Kills a part of the server.
    pub(super) fn part_dies(&mut self) {
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

    /// Ends the process a while after a part has died, because supervision has noticed it.
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

    /// Asks the server to stop.
    pub(super) fn stop(&mut self) {
        let is_well = |server: &&mut Server| !server.stopping && server.died.is_none();
        let Some(server) = self.server.as_mut().filter(is_well) else { return };
        server.stop();
        let life = server.life;
        self.ether.after(self.ether.within(0..=2_000), Event::Stopped { life });
    }

    /// Starts the server again after a stop.
    pub(crate) fn end_server(&mut self) -> Result<(), Broken> {
        let outcomes = self.server.as_mut().map(Server::write_rest).unwrap_or_default();
        self.learn(&outcomes)?;
        self.server = None;
        self.disk.sync();
        self.ether.after(self.ether.within(0..=1_000), Event::Start);
        Ok(())
    }

    pub(super) fn trim(&mut self) -> Result<(), Broken> {
        let (Some(most), Some(server)) = (self.profile.retention, &self.server) else { return Ok(()) };
        let keep = Keep { messages: Some(most), ..Keep::default() };
        for channel in self.profile.channels.clone() {
            let namespace = Namespace::parse(channel.namespace()).unwrap();
            let due = self.disk.outdated(&namespace, &keep, None, TRIM_MESSAGES);
            server.trim(Trim { channels: due.map_err(|error| error.to_string())?.channels });
        }
        Ok(())
    }

    /// Makes another server publish.
    pub(super) fn publish_elsewhere(&mut self) {
        let channel = self.ether.pick(&self.profile.channels).clone();
        let append = self.system_append(channel);
        let Some(server) = self.server.as_ref().filter(|server| server.has_history(&append.channel)) else {
            return;
        };
        server.order.add_foreign(Entry::of_appends(vec![append]));
        self.counts.elsewhere += 1;
    }

    /// Makes a backup: at once, or step by step from the real store.
    pub(super) fn back_up(&mut self) {
        match self.disk.with_stored(Stored::begin_copy) {
            None => self.disk.copy(),
            Some(true) => self.ether.after(self.ether.within(0..=COPY_STEP_MS_MAX), Event::Copy),
            Some(false) => {}
        }
    }

    /// Lets the backup make its next step.
    pub(crate) fn go_on_copying(&mut self) -> Result<(), Broken> {
        match self.disk.with_stored(Stored::advance_copy).transpose()? {
            Some(false) => self.ether.after(self.ether.within(0..=COPY_STEP_MS_MAX), Event::Copy),
            _ => self.counts.copies += 1,
        }
        Ok(())
    }

    /// Stops the server, restores a backup, and starts the server.
    pub(super) fn restore(&mut self) {
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
