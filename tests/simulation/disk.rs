//! A log in memory that can fail as a disk does: it fills up, loses its tail when power fails, and is restored from a
//! backup.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use backend::store::{
    Append, Appended, Applied, Bounds, Deletion, Due, Entry, Keep, Log, LogError, Outdated, RUN_BYTES_MAX,
    Run, Trim, Trimmed,
};
use shared::ids::{ChannelName, Epoch, MessageId, Namespace, Offset};
use shared::protocol::{Message, RawPayload};

use crate::stored::Stored;

/// By how much the connection numbers jump when a backup is restored.
const NUMBERS_SINCE_BACKUP: u64 = 1_000_000_000;

/// The disk. It outlives the servers that use it.
pub(crate) struct Disk {
    state: Mutex<State>,
    /// Whether offsets have holes between them.
    sparse: bool,
    /// The real store beside it, in some worlds.
    stored: Mutex<Option<Stored>>,
}

/// A change on the disk, for the model.
#[derive(Debug, Clone)]
pub(crate) enum Fact {
    Committed(Message),
    Trimmed { channel: ChannelName, floor: Offset },
}

#[derive(Debug, Clone, Default)]
struct State {
    epoch: u64,
    next_connection: u64,
    channels: BTreeMap<ChannelName, Channel>,
    /// The additions of each commit since the last sync, which a power loss can undo.
    commits: Vec<Vec<(ChannelName, u64)>>,
    full: bool,
    facts: Vec<Fact>,
    backup: Option<Box<Self>>,
}

#[derive(Debug, Clone, Default)]
struct Channel {
    head: u64,
    messages: BTreeMap<u64, Message<RawPayload>>,
    ids: BTreeMap<MessageId, u64>,
}

impl Channel {
    fn floor(&self) -> u64 {
        self.messages.values().next().map_or(self.head, |oldest| oldest.prev.0)
    }

    fn remove(&mut self, offset: u64) -> Option<Message<RawPayload>> {
        let message = self.messages.remove(&offset)?;
        self.ids.remove(&message.id);
        Some(message)
    }
}

impl Disk {
    pub(crate) fn new(epoch: u64, sparse: bool) -> Self {
        let state = State { epoch, next_connection: 1, ..State::default() };
        Self { state: Mutex::new(state), sparse, stored: Mutex::default() }
    }

    /// Makes a disk with the real store beside it.
    pub(crate) fn stored(epoch: u64) -> Self {
        Self { stored: Mutex::new(Some(Stored::new())), ..Self::new(epoch, false) }
    }

    /// Calls `what` with the real store, if there is one.
    pub(crate) fn with_stored<T>(&self, what: impl FnOnce(&mut Stored) -> T) -> Option<T> {
        self.stored.lock().unwrap().as_mut().map(what)
    }

    /// Removes and returns the changes since the last call.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        std::mem::take(&mut self.state().facts)
    }

    /// Sets whether the disk is full.
    pub(crate) fn set_full(&self, full: bool) {
        self.state().full = full;
    }

    /// Returns the contents by channel: name, floor, head and messages.
    pub(crate) fn contents(&self) -> Vec<(ChannelName, Offset, Offset, Vec<Message>)> {
        let state = self.state();
        let channel = |(name, channel): (&ChannelName, &Channel)| {
            let messages = channel.messages.values().cloned().map(typed).collect();
            (name.clone(), Offset(channel.floor()), Offset(channel.head), messages)
        };
        state.channels.iter().map(channel).collect()
    }

    /// Returns the number of commits that a power loss could undo.
    pub(crate) fn unsafe_commits(&self) -> u64 {
        self.state().commits.len() as u64
    }

    /// Marks all commits as synced by the operating system.
    pub(crate) fn sync(&self) {
        self.state().commits.clear();
    }

    /// Undoes the last `lost` commits, as a power loss does. The rest is another log with this epoch.
    pub(crate) fn lose_power(&self, lost: u64, epoch: u64) {
        let mut state = self.state();
        for _ in 0..lost {
            for (name, offset) in state.commits.pop().into_iter().flatten().rev() {
                let Some(channel) = state.channels.get_mut(&name) else { continue };
                channel.head = channel.messages.get(&offset).map_or(channel.head, |message| message.prev.0);
                channel.remove(offset);
            }
        }
        state.commits.clear();
        state.epoch = epoch;
    }

    /// Makes a backup.
    pub(crate) fn copy(&self) {
        let mut state = self.state();
        let copy = State { backup: None, facts: Vec::new(), commits: Vec::new(), ..state.clone() };
        state.backup = Some(Box::new(copy));
    }

    /// Restores the backup as another log with this epoch. Returns whether there was one.
    pub(crate) fn restore(&self, epoch: u64) -> bool {
        let mut state = self.state();
        let Some(backup) = state.backup.take() else { return false };
        *state = State {
            epoch,
            full: false,
            next_connection: state.next_connection + NUMBERS_SINCE_BACKUP,
            ..*backup
        };
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Log for Disk {
    fn epoch(&self) -> Epoch {
        Epoch(self.state().epoch)
    }

    fn apply(&self, entry: &Entry) -> Result<Applied, LogError> {
        let mut state = self.state();
        if state.full {
            return Err(LogError::Full("the simulated disk is full".to_owned()));
        }
        let Entry { appends, trims } = entry;
        let applied = Applied {
            appends: state.append(appends, self.sparse),
            trims: trims.iter().map(|trim| state.trim(trim)).collect(),
        };
        self.with_stored(|stored| stored.apply(entry, &applied));
        Ok(applied)
    }

    fn read(&self, channel: &ChannelName, after: Offset, limit: u32) -> Result<Run, LogError> {
        let state = self.state();
        let Some(channel) = state.channels.get(channel) else {
            return Ok(Run { messages: vec![], more: false });
        };
        Ok(run(channel.messages.range(after.0.saturating_add(1)..).map(|(_, message)| message), limit))
    }

    fn read_before(
        &self,
        channel: &ChannelName,
        before: Option<Offset>,
        limit: u32,
    ) -> Result<Run, LogError> {
        let state = self.state();
        let Some(channel) = state.channels.get(channel) else {
            return Ok(Run { messages: vec![], more: false });
        };
        let before = before.map_or(u64::MAX, |offset| offset.0);
        let mut run = run(channel.messages.range(..before).rev().map(|(_, message)| message), limit);
        run.messages.reverse();
        Ok(run)
    }

    fn bounds(&self, channel: &ChannelName) -> Result<Bounds, LogError> {
        let state = self.state();
        let (head, floor) =
            state.channels.get(channel).map_or((0, 0), |channel| (channel.head, channel.floor()));
        Ok(Bounds { head: Offset(head), floor: Offset(floor) })
    }

    fn channels(&self, after: &str, limit: u32) -> Result<Vec<(ChannelName, Offset)>, LogError> {
        let state = self.state();
        let named = state.channels.iter().filter(|(name, _)| name.as_str() > after);
        Ok(named.take(limit as usize).map(|(name, channel)| (name.clone(), Offset(channel.head))).collect())
    }

    fn outdated(
        &self,
        namespace: &Namespace,
        keep: &Keep,
        from: Option<&ChannelName>,
        messages_max: u32,
    ) -> Result<Due, LogError> {
        let state = self.state();
        let of_namespace = state.channels.iter().filter(|(name, _)| name.namespace() == namespace.as_str());
        let (mut due, mut left) = (Due::default(), messages_max as usize);
        for (name, channel) in of_namespace.filter(|(name, _)| from.is_none_or(|from| *name >= from)) {
            let messages: Vec<_> = channel.messages.values().collect();
            let by_count = keep.messages.map_or(0, |most| (messages.len() as u64).saturating_sub(most));
            // Everything before an outdated message is outdated as well.
            let by_age = keep.since.and_then(|since| messages.iter().rposition(|message| message.at < since));
            let outdated = usize::try_from(by_count).unwrap().max(by_age.map_or(0, |last| last + 1));
            let taken = outdated.min(left);
            if let Some(last) = taken.checked_sub(1) {
                let deletion = Deletion::Through(messages[last].offset);
                due.channels.push(Outdated { channel: name.clone(), deletion });
            }
            left -= taken;
            if taken < outdated {
                due.next = Some(name.clone());
                break;
            }
        }
        Ok(due)
    }

    fn backup(&self, _: &Path) -> Result<(), LogError> {
        self.copy();
        Ok(())
    }

    fn close(&self) -> Result<(), LogError> {
        self.sync();
        Ok(())
    }

    fn reserve_connections(&self, count: u64) -> Result<u64, LogError> {
        let mut state = self.state();
        state.next_connection += count;
        Ok(state.next_connection - count)
    }
}

impl State {
    fn append(&mut self, batch: &[Append], sparse: bool) -> Vec<Appended> {
        let (mut results, mut added) = (Vec::new(), Vec::new());
        for Append { channel: name, id, at, from, payload } in batch {
            let channel = self.channels.entry(name.clone()).or_default();
            if let Some(&offset) = channel.ids.get(id) {
                results.push(Appended::Duplicate { offset: Offset(offset) });
                continue;
            }
            let (prev, hole) = (channel.head, if sparse { channel.head % 3 } else { 0 });
            let offset = prev + 1 + hole;
            let message = Message {
                channel: name.clone(),
                offset: Offset(offset),
                prev: Offset(prev),
                id: *id,
                at: *at,
                from: from.clone(),
                payload: payload.clone(),
            };
            channel.head = offset;
            channel.ids.insert(*id, offset);
            channel.messages.insert(offset, message.clone());
            self.facts.push(Fact::Committed(typed(message)));
            added.push((name.clone(), offset));
            results.push(Appended::Accepted { offset: Offset(offset), prev: Offset(prev) });
        }
        self.commits.push(added);
        results
    }

    /// No channel is forgotten: [`Log::outdated`] finds none.
    fn trim(&mut self, trim: &Trim) -> Trimmed {
        let mut messages = 0;
        for Outdated { channel: name, deletion } in &trim.channels {
            let (Some(channel), Deletion::Through(last)) = (self.channels.get_mut(name), deletion) else {
                continue;
            };
            let offsets: Vec<u64> = channel.messages.range(..=last.0).map(|(offset, _)| *offset).collect();
            messages += u32::try_from(offsets.len()).unwrap();
            for offset in offsets {
                channel.remove(offset);
            }
            self.facts.push(Fact::Trimmed { channel: name.clone(), floor: Offset(channel.floor()) });
        }
        Trimmed { messages, channels: 0 }
    }
}

/// Returns as many messages as fit in a run.
fn run<'a>(messages: impl Iterator<Item = &'a Message<RawPayload>>, limit: u32) -> Run {
    let (mut taken, mut bytes, mut more) = (Vec::new(), 0, false);
    for message in messages {
        if taken.len() >= limit as usize || bytes >= RUN_BYTES_MAX {
            more = true;
            break;
        }
        bytes += message.payload.as_str().len();
        taken.push(message.clone());
    }
    Run { messages: taken, more }
}

/// Returns the message as clients read it.
pub(crate) fn typed(message: Message<RawPayload>) -> Message {
    let Message { channel, offset, prev, id, at, from, payload } = message;
    let payload = payload.read();
    Message { channel, offset, prev, id, at, from, payload }
}
