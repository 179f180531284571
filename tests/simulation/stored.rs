//! The real store beside the simulated disk: it gets the same batches, and the real backup copies it while the world
//! runs.
//!
//! The backup runs on its own thread, one step at a time while the world waits for it, so the same seed gives the same
//! run. The writer, the copy and the check of the copy are the product's.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use backend::config::Durability;
use backend::store::sqlite::{Backup, Progress, SqliteLog};
use backend::store::{Applied, Entry, Log, LogError};
use shared::ids::Offset;

use crate::model::Broken;

/// Database pages per step: a world's log has a few dozen.
const PAGES_A_STEP: i32 = 2;

/// The real store of one world.
pub(crate) struct Stored {
    log: Option<SqliteLog>,
    copy: Option<Copy>,
    copies: u32,
    folder: tempfile::TempDir,
}

/// A running backup.
struct Copy {
    file: PathBuf,
    /// `None` when the snapshot is fixed, then the progress.
    reports: Receiver<Option<Progress>>,
    go_on: Option<Sender<()>>,
    thread: Option<JoinHandle<Result<(), LogError>>>,
    first: Option<Progress>,
    steps: u64,
    /// The hash of the log at each moment since the backup started.
    moments: Vec<u64>,
}

impl Stored {
    pub(crate) fn new() -> Self {
        // Memory, if there is such a directory: a disk would only add waiting.
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

    /// Opens the log again for a new server, while a backup continues.
    pub(crate) fn reopen(&mut self) {
        self.log = None;
        self.log = Some(SqliteLog::open(&self.path(), Durability::Normal).unwrap());
    }

    /// Applies an entry that the disk has applied, and compares the results.
    pub(crate) fn apply(&mut self, entry: &Entry, applied: &Applied) {
        assert_eq!(self.log().apply(entry).unwrap(), *applied, "the store and the simulated disk differ");
        self.note_moment();
    }

    fn note_moment(&mut self) {
        if self.copy.is_some() {
            let moment = fingerprint(self.log());
            self.copy.iter_mut().for_each(|copy| copy.moments.push(moment));
        }
    }

    /// Starts a backup, unless one is running. Returns whether it has started.
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
                // The receiver is dropped if the world has ended.
                let _ = report.send(progress);
                let _ = going_on.recv();
            };
            pause(None);
            backup.write(&target, |progress| pause(Some(progress)))
        });
        // From here on the snapshot is fixed: a later batch is not in the backup, or the backup is of a later moment.
        let begun = reports.recv();
        let moments = vec![fingerprint(self.log())];
        let (go_on, thread) = (Some(go_on), Some(thread));
        self.copy = Some(Copy { file, reports, go_on, thread, first: None, steps: 0, moments });
        assert_eq!(begun, Ok(None), "the backup did not start");
        true
    }

    /// Lets the backup make its next step. Returns whether it is done; then it has been compared with the log.
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
            return Err("a log that was opened from a backup still has the epoch of the original".to_owned());
        }
        if !copy.moments.contains(&fingerprint(&restored)) {
            return Err("a backup is not what the log was at any moment since it began".to_owned());
        }
        Ok(true)
    }

    /// Returns whether the store has the same contents as the simulated disk.
    pub(crate) fn is_like(&self, disk: &dyn Log) -> bool {
        fingerprint(self.log()) == fingerprint(disk)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // Without an answer the backup runs to its end, into a directory that is removed next.
        self.go_on = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns a hash of a log's contents.
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
