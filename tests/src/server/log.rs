//! Keeps the server's log lines, and shows them if the story fails.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::binary::profile_folder;
use crate::deadline::{DEADLINE, eventually};

/// Maximum number of log lines that a failure shows.
const TAIL_LINES: usize = 40;

/// The lines of the server's stderr. A file holds them while the story runs and stays if the story fails.
#[derive(Debug)]
pub struct ServerLog {
    path: PathBuf,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug)]
struct Kept {
    lines: Vec<String>,
    file: File,
}

impl ServerLog {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = target_folder("test-logs");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{}-{number}.log", test_name(), std::process::id()));
        let file =
            OpenOptions::new().create(true).append(true).open(&path).expect("a file for the server's log");
        Self { path, kept: Arc::new(Mutex::new(Kept { lines: Vec::new(), file })) }
    }

    /// Copies `source` until it ends.
    pub(super) fn follow(&self, source: impl Read + Send + 'static) {
        let kept = Arc::clone(&self.kept);
        thread::spawn(move || {
            for line in BufReader::new(source).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                let mut kept = kept.lock().unwrap();
                // If the disk is full, the lines are still kept in memory.
                let _ = writeln!(kept.file, "{line}");
                kept.lines.push(line);
            }
        });
    }

    /// Returns all lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.kept.lock().unwrap().lines.clone()
    }

    /// Returns the last lines, for the message of a failure.
    pub fn tail(&self) -> String {
        let lines = self.lines();
        let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        format!("--- the server's log: {}\n{}", self.path.display(), tail.join("\n"))
    }

    /// Waits for a line that contains all of `parts`, in any case, and returns it.
    pub async fn expect(&self, parts: &[&str]) -> String {
        let parts: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
        eventually(DEADLINE, &format!("a line of the log holds {parts:?}"), async || {
            let found = self.lines().into_iter().find(|line| {
                let line = line.to_lowercase();
                parts.iter().all(|part| line.contains(part))
            });
            found.ok_or_else(|| self.tail())
        })
        .await
    }
}

impl Drop for ServerLog {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.tail());
        } else {
            // The file may already be deleted.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Returns a directory of this name in the target directory, and creates it if it does not exist.
pub fn target_folder(name: &str) -> PathBuf {
    let profile_folder = profile_folder();
    let folder = profile_folder.parent().expect("the profile's folder is in the target folder").join(name);
    std::fs::create_dir_all(&folder).expect("a folder in the target folder");
    folder
}

/// Returns the name of the test on this thread, as part of a file name.
pub fn test_name() -> String {
    thread::current().name().unwrap_or("test").replace("::", "-")
}
