//! The store of the real server beside the simulated disk: it is given the same batches, and is copied by the real
//! backup while the world goes on.
//!
//! The backup runs on a thread of its own, which goes on when it is told to and is waited for each time: the same seed
//! is the same run. The writer, the copy and the check of the copy are the product's.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use backend::config::Durability;
use backend::store::sqlite::{Backup, Progress, SqliteLog};
use backend::store::{Append, Appended, Keep, Log, LogError};
use shared::ids::{ChannelName, Namespace, Offset};

use crate::model::Broken;

/// Database pages that a step copies: a world's log has a few dozen.
const PAGES_A_STEP: i32 = 2;

/// The real store of one world.
pub(crate) struct Stored {
    log: Option<SqliteLog>,
    copy: Option<Copy>,
    copies: u32,
    folder: tempfile::TempDir,
}

/// A backup that is being made.
struct Copy {
    file: PathBuf,
    /// `None` when the log is fixed, then how far the copy is.
    reports: Receiver<Option<Progress>>,
    go_on: Option<Sender<()>>,
    thread: Option<JoinHandle<Result<(), LogError>>>,
    first: Option<Progress>,
    steps: u64,
    /// The log at each moment since the backup began.
    moments: Vec<u64>,
}

impl Stored {
    pub(crate) fn new() -> Self {
        // Memory, where there is such a folder: what a disk would add is waiting.
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let mut stored = Self { log: None, copy: None, copies: 0, folder: folder.unwrap() };
        stored.reopen();
        stored
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tidings.db")
    }

    fn log(&self) -> &SqliteLog {
        self.log.as_ref().expect("the store is open")
    }

    /// A server begins on the log that the one before has left. A backup goes on meanwhile.
    pub(crate) fn reopen(&mut self) {
        self.log = None;
        self.log = Some(SqliteLog::open(&self.path(), Durability::Normal).unwrap());
    }

    /// The disk has added a batch.
    pub(crate) fn append(&mut self, batch: &[Append], results: &[Appended]) {
        assert_eq!(self.log().append(batch).unwrap(), results, "the store and the simulated disk differ");
        self.note_moment();
    }

    /// The disk has trimmed a namespace.
    pub(crate) fn trim(&mut self, namespace: &Namespace, keep: &Keep, from: Option<&ChannelName>, most: u32) {
        self.log().trim(namespace, keep, from, most).unwrap();
        self.note_moment();
    }

    fn note_moment(&mut self) {
        if self.copy.is_some() {
            let moment = fingerprint(self.log());
            self.copy.iter_mut().for_each(|copy| copy.moments.push(moment));
        }
    }

    /// Begins a backup, unless there is one. Returns whether it has begun.
    pub(crate) fn begin_copy(&mut self) -> bool {
        if self.copy.is_some() {
            return false;
        }
        self.copies += 1;
        let file = self.folder.path().join(format!("backup-{}.db", self.copies));
        let ((report, reports), (go_on, going_on)) = (channel(), channel::<()>());
        let (path, target) = (self.path(), file.clone());
        let thread = std::thread::spawn(move || {
            let backup = Backup::of(&path)?.in_steps_of(PAGES_A_STEP);
            let pause = |progress| {
                // A world that has ended wants nothing more of it.
                let _ = report.send(progress);
                let _ = going_on.recv();
            };
            pause(None);
            backup.write(&target, |progress| pause(Some(progress)))
        });
        // From here on the log is fixed: what comes now is not in the copy, or all of it is.
        let begun = reports.recv();
        let moments = vec![fingerprint(self.log())];
        let (go_on, thread) = (Some(go_on), Some(thread));
        self.copy = Some(Copy { file, reports, go_on, thread, first: None, steps: 0, moments });
        assert_eq!(begun, Ok(None), "the backup does not begin");
        true
    }

    /// Has the backup make its next step. Returns whether it is done, and then has held it against the log.
    pub(crate) fn advance_copy(&mut self) -> Result<bool, Broken> {
        let Some(copy) = &mut self.copy else { return Ok(true) };
        copy.go_on.as_ref().map(|go_on| go_on.send(()));
        if let Ok(Some(progress)) = copy.reports.recv() {
            copy.steps += 1;
            let Progress { copied, bytes } = *copy.first.get_or_insert(progress);
            let most = bytes.div_ceil(copied.max(1));
            if copy.steps > most {
                return Err(format!(
                    "a backup of {bytes} bytes, {copied} a step, has taken {} steps",
                    copy.steps
                ));
            }
            return Ok(false);
        }
        let Some(mut copy) = self.copy.take() else { return Ok(true) };
        let written = copy.thread.take().map(|thread| thread.join().unwrap());
        if let Some(Err(error)) = written {
            return Err(format!("a backup fails: {error}"));
        }
        let restored = SqliteLog::open(&copy.file, Durability::Normal).map_err(|error| error.to_string())?;
        if restored.epoch() == self.log().epoch() {
            return Err("a log that was opened from a backup has the epoch of the original".to_owned());
        }
        if !copy.moments.contains(&fingerprint(&restored)) {
            return Err("a backup is not what the log was at any moment since it began".to_owned());
        }
        Ok(true)
    }

    /// Whether the store holds what the simulated disk does.
    pub(crate) fn is_like(&self, disk: &dyn Log) -> bool {
        fingerprint(self.log()) == fingerprint(disk)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // Without an answer the backup goes on to its end: it is in the folder that is removed next.
        self.go_on = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// All that a log holds, as a number.
fn fingerprint(log: &dyn Log) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (channel, head) in log.channels("", u32::MAX).unwrap() {
        let bounds = log.bounds(&channel).unwrap();
        (channel.as_str(), head.0, bounds.head.0, bounds.floor.0).hash(&mut hasher);
        let mut after = Offset(0);
        loop {
            let run = log.read(&channel, after, u32::MAX).unwrap();
            for message in &run.messages {
                after = message.offset;
                (message.offset.0, message.prev.0, message.id.to_string(), message.at.0).hash(&mut hasher);
                (message.from.user.as_str(), message.payload.as_str()).hash(&mut hasher);
            }
            if !run.more {
                break;
            }
        }
    }
    hasher.finish()
}
