//! Copies a log while a server writes it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup as Copy, StepResult};

use super::{files, open, readers, schema};
use crate::store::LogError;

/// Suffix of a copy's file name until the copy is complete.
const SUFFIX: &str = ".partial";

/// Number of database pages that are copied between two reports of progress.
const PAGES_A_STEP: i32 = 4096;

/// Time that a copy waits before it retries when a page is locked.
const WAIT: Duration = Duration::from_millis(10);

/// Progress of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Number of bytes copied.
    pub copied: u64,
    /// Total number of bytes.
    pub bytes: u64,
}

/// A snapshot of a log, from which a copy is written.
pub struct Backup {
    source: Connection,
    pages_a_step: i32,
}

impl Backup {
    /// Takes a snapshot of the log in `path`. A server may have the log open.
    ///
    /// # Errors
    /// [`LogError`] if the log cannot be read.
    pub fn of(path: &Path) -> Result<Self, LogError> {
        let open = || {
            let source = open::reader(path)?;
            // SQLite restarts a copy whenever the log was written between two of its steps. Inside a transaction all steps see
            // the same snapshot. Until it ends, the write-ahead log grows.
            source.execute_batch("BEGIN")?;
            source.query_row("SELECT COUNT(*) FROM meta", [], |_| Ok(()))?;
            Ok(source)
        };
        let source = open().map_err(|error| readers::failed(&error))?;
        Ok(Self { source, pages_a_step: PAGES_A_STEP })
    }

    /// Copies this number of database pages between two reports of progress, instead of 4096.
    #[must_use]
    pub fn in_steps_of(self, pages: i32) -> Self {
        Self { pages_a_step: pages, ..self }
    }

    /// Writes the copy to a file that does not exist yet, and marks it as a backup. Until the copy is complete, its name ends in
    /// `.partial`; a partial copy that an earlier attempt left is replaced.
    ///
    /// # Errors
    /// [`LogError`], also if the file exists, or another backup is writing it.
    pub fn write(&self, file: &Path, progress: impl FnMut(Progress)) -> Result<(), LogError> {
        refuse_existing(file)?;
        let partial = files::beside(file, SUFFIX);
        let lock = claim(&partial)?;
        let written = self.copy(&partial, progress).and_then(|()| {
            lock.sync_all().map_err(|error| files::cannot(&partial, &error))?;
            refuse_existing(file)?;
            std::fs::rename(&partial, file).map_err(|error| files::cannot(file, &error))?;
            files::sync_directory(file).map_err(|error| files::cannot(file, &error))
        });
        if written.is_err() {
            // `written` has the error to report, so ignore this one.
            let _ = std::fs::remove_file(&partial);
        }
        written
    }

    fn copy(&self, partial: &Path, mut progress: impl FnMut(Progress)) -> Result<(), LogError> {
        let mut target = Connection::open(partial)?;
        // An incomplete copy is deleted, so it needs no journal.
        target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
        let page_bytes: u64 =
            self.source.query_row("PRAGMA page_size", [], |row| row.get::<_, u32>(0))?.into();
        let copy = Copy::new(&self.source, &mut target)?;
        loop {
            let step = copy.step(self.pages_a_step)?;
            let pages = copy.progress();
            let bytes = |pages: i32| u64::try_from(pages).unwrap_or_default() * page_bytes;
            progress(Progress {
                copied: bytes(pages.pagecount - pages.remaining),
                bytes: bytes(pages.pagecount),
            });
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => std::thread::sleep(WAIT),
            }
        }
        drop(copy);
        schema::set(&target, "backup", 1)?;
        schema::set(&target, "open", 0)?;
        // Leave a single file, without a write-ahead log.
        target.execute_batch("PRAGMA journal_mode = DELETE")?;
        target.close().map_err(|(_, error)| error.into())
    }
}

/// Refuses to overwrite an existing file. The error says what the file is.
fn refuse_existing(file: &Path) -> Result<(), LogError> {
    if !file.exists() {
        return Ok(());
    }
    let is_backup = open::reader(file).ok().and_then(|connection| {
        let mark = schema::get(&connection, "backup").ok()?;
        Some(mark == 1)
    });
    let what = match is_backup {
        Some(true) => "it is a complete backup",
        Some(false) => "it is a log, or a backup that was not completed by an earlier version",
        None => "it is not a backup",
    };
    let what = format!(
        "{} exists: {what}. Existing files are not overwritten; remove it, or give another name",
        file.display()
    );
    Err(LogError::Failed(what))
}

/// Creates or opens the file of the partial copy, and locks it for this process.
fn claim(partial: &Path) -> Result<File, LogError> {
    let failed = |error: &std::io::Error| files::cannot(partial, error);
    let file = match files::create(partial) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).write(true).open(partial).map_err(|error| failed(&error))?
        }
        created => created.map_err(|error| failed(&error))?,
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let what = format!("another backup is writing {}", partial.display());
            return Err(LogError::Failed(what));
        }
        Err(TryLockError::Error(error)) => return Err(failed(&error)),
    }
    // Delete the content that a killed attempt left.
    file.set_len(0).map_err(|error| failed(&error))?;
    crate::file_rights::owner_only(partial, 0o600).map_err(|error| failed(&error))?;
    Ok(file)
}
