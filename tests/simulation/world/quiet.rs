//! The end of a world: failures stop, then the world runs until all work is done.

use std::collections::BTreeSet;

use shared::session::Status;

use super::{Event, World};
use crate::client::{Client, Socket};
use crate::model::Broken;
use crate::profile::Weather;

/// How long a world may take to become quiet after the last failure, in milliseconds: the longest silence until a peer
/// is considered dead, the longest backoff, and all resends at the slowest rate.
const QUIET_MS_MAX: u64 = 300_000;

/// Interval between two checks whether the world is quiet, in milliseconds.
const LOOK_MS: u64 = 400;

impl World {
    /// Ends all failures.
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

    pub(super) fn look(&mut self) -> Result<(), Broken> {
        let waiting = self.waiting();
        self.quiet_looks = if waiting.is_none() { self.quiet_looks + 1 } else { 0 };
        self.finished = self.quiet_looks >= 2;
        let late = self.healed_at.is_some_and(|healed| self.ether.now() > healed + QUIET_MS_MAX);
        match waiting {
            Some(waiting) if late => Err(format!("the world does not become quiet: {waiting}")),
            Some(_) | None => {
                self.ether.after(LOOK_MS, Event::Look);
                Ok(())
            }
        }
    }

    /// Describes a client or caller that is waiting, if there is one.
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

    /// Describes a client that shows other members than those of the channel, if there is one.
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
            // Above the limit, the roster is that of the moment of the request.
            let is_right = if there.len() > most { shown.len() <= most } else { shown == there };
            if !is_right {
                return Some(format!("{user} shows the members {shown:?} in {channel}, not {there:?}"));
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
