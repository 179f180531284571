#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use shared::ids::{MessageId, Namespace, Offset};
use shared::time::Timestamp;
use tokio::sync::oneshot;

use super::*;
use crate::config::Durability;
use crate::sequencer::direct::Direct;
use crate::sequencer::log_thread;
use crate::sequencer::publication::{Outcome, Publication, ReplyTo};
use crate::store::conformance::chat;
use crate::store::sqlite::SqliteLog;
use crate::store::sqlite::TRIMS_KEPT_MAX;
use crate::store::{Append, Deletion, Entry, Keep, Log, Outdated, Trim};

const DEADLINE: Duration = Duration::from_secs(10);

/// A server: its log, and the thread that writes it.
struct Server {
    log: Arc<SqliteLog>,
    queue: LogQueue,
    thread: JoinHandle<()>,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let log = Arc::new(SqliteLog::open(&folder.join("tidings.db"), Durability::Normal).unwrap());
        let (queue, thread) =
            log_thread::start(Arc::clone(&log) as Arc<dyn Log>, Direct::default(), answer).unwrap();
        Self { log, queue, thread }
    }

    /// Publishes a message, and waits until it is applied.
    fn publish(&self, channel: &str, number: u8) {
        let (reply, answer) = oneshot::channel();
        let publication = Publication { append: chat(channel, number), reply: ReplyTo::Caller(reply) };
        self.queue.append(publication).unwrap();
        answer.blocking_recv().unwrap().unwrap();
    }

    /// Trims all messages of `room:`.
    fn trim(&self) {
        let namespace = Namespace::parse("room").unwrap();
        let keep = Keep { messages: Some(0), now: Timestamp(u64::MAX), ..Keep::default() };
        let due = self.log.outdated(&namespace, &keep, None, 100).unwrap();
        self.queue.trim(Trim { channels: due.channels }).unwrap();
    }

    fn follow(&self, notebook: Notebook) -> Follower {
        Follower::start(Arc::clone(&self.log) as Arc<dyn CommandLog>, &self.queue, notebook).unwrap()
    }

    fn stop(self) {
        self.queue.stop();
        self.thread.join().unwrap();
        self.log.close().unwrap();
    }
}

/// Answers the publishers.
fn answer(outcomes: Vec<Outcome>) {
    for Outcome { reply, result, .. } in outcomes {
        if let ReplyTo::Caller(caller) = reply {
            let _ = caller.send(result);
        }
    }
}

/// A projection that writes down what it gets.
struct Notebook {
    lines: Sender<String>,
    /// Gets the commands and fails, this many times.
    failures: u32,
}

/// Returns a notebook, and what it writes down.
fn notebook(failures: u32) -> (Notebook, Receiver<String>) {
    let (lines, written) = channel();
    (Notebook { lines, failures }, written)
}

impl Projection for Notebook {
    fn name(&self) -> &str {
        "notebook"
    }

    fn handle(&mut self, commands: &[(Lsn, Command)]) -> Result<(), ProjectionError> {
        for (_, command) in commands {
            self.lines.send(line(command))?;
        }
        if self.failures > 0 {
            self.failures -= 1;
            return Err("the notebook is full".into());
        }
        Ok(())
    }

    fn reset(&mut self) -> Result<(), ProjectionError> {
        self.lines.send("begin anew".to_owned())?;
        if self.failures > 0 {
            self.failures -= 1;
            return Err("the notebook cannot be emptied".into());
        }
        Ok(())
    }
}

fn line(command: &Command) -> String {
    match command {
        Command::Append(message) => format!("{} {}", message.channel, message.offset),
        Command::Trim(Trim { channels }) => {
            let one = |Outdated { channel, deletion }: &Outdated| match deletion {
                Deletion::Through(last) => format!("{channel} without 1 to {last}"),
                Deletion::Channel(_) => format!("{channel} is forgotten"),
            };
            channels.iter().map(one).collect::<Vec<_>>().join(", ")
        }
    }
}

fn next(written: &Receiver<String>) -> String {
    written.recv_timeout(DEADLINE).unwrap()
}

#[test]
fn a_projection_continues_after_a_restart_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.publish("room:a", 1);
    let (projection, written) = notebook(0);
    let follower = server.follow(projection);
    assert_eq!(next(&written), "room:a 1", "what was there before it");
    server.publish("room:b", 1);
    assert_eq!(next(&written), "room:b 1");
    follower.stop();
    // It misses these.
    server.publish("room:a", 2);
    server.stop();

    let server = Server::start(folder.path());
    server.publish("room:a", 3);
    let (projection, written) = notebook(0);
    let follower = server.follow(projection);
    assert_eq!([next(&written), next(&written)], ["room:a 2", "room:a 3"]);
    server.publish("room:b", 2);
    assert_eq!(next(&written), "room:b 2");
    follower.stop();
    assert!(written.try_recv().is_err(), "and nothing twice");
    server.stop();
}

#[test]
fn commands_whose_projection_failed_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.publish("room:a", 1);
    let (projection, written) = notebook(1);
    let follower = server.follow(projection);
    assert_eq!([next(&written), next(&written)], ["room:a 1", "room:a 1"]);
    server.publish("room:a", 2);
    assert_eq!(next(&written), "room:a 2");
    follower.stop();
    server.stop();
}

#[test]
fn a_stop_ends_the_pause_after_an_error() {
    let stopped = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stopped);
    let waiting = thread::spawn(move || pause(Duration::from_secs(3600), &told));
    stopped.store(true, Ordering::SeqCst);
    waiting.thread().unpark();
    waiting.join().unwrap();
}

#[test]
fn a_new_projection_misses_no_trim_while_it_handles_its_first_commands() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.publish("room:a", 1);
    // It has read the message, and has not kept its position.
    assert_eq!(server.log.register("notebook").unwrap(), Some(Lsn(0)));
    let read = server.log.commands(Lsn(0), 1).unwrap()[0].0;
    for number in 2..=3 {
        server.trim();
        server.publish("room:a", number);
    }
    server.trim();
    let lines: Vec<_> =
        server.log.commands(read, 10).unwrap().iter().map(|(_, command)| line(command)).collect();
    assert_eq!(lines, ["room:a without 1 to 1", "room:a without 1 to 2", "room:a without 1 to 3"]);
    server.stop();
}

#[test]
fn a_trim_tells_only_what_it_has_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.publish("room:a", 1);
    let late = |channel: &str, deletion| Outdated { channel: chat(channel, 1).channel, deletion };
    // The channel got a message after it was found idle, and the other one does not exist.
    let channels =
        vec![late("room:a", Deletion::Channel(Offset(0))), late("room:b", Deletion::Through(Offset(9)))];
    server.queue.trim(Trim { channels }).unwrap();
    let commands = server.log.commands(Lsn(0), 10).unwrap();
    assert_eq!(commands.iter().map(|(_, command)| line(command)).collect::<Vec<_>>(), ["room:a 1"]);
    server.stop();
}

#[test]
fn a_projection_begins_anew_on_a_log_that_was_restored_from_a_backup() {
    let (folder, restored) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(folder.path());
    server.publish("room:a", 1);
    let (projection, written) = notebook(0);
    let follower = server.follow(projection);
    assert_eq!(next(&written), "room:a 1");
    follower.stop();
    server.log.backup(&restored.path().join("tidings.db")).unwrap();
    server.stop();

    let server = Server::start(restored.path());
    // The first reset fails.
    let (projection, written) = notebook(1);
    let follower = server.follow(projection);
    let lines: Vec<_> = std::iter::repeat_with(|| next(&written)).take(3).collect();
    assert_eq!(lines, ["begin anew", "begin anew", "room:a 1"]);
    follower.stop();
    server.stop();
}

#[test]
fn a_projection_that_has_missed_too_many_trims_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    // Kept, and older than all trims.
    server.publish("room:quiet", 1);
    let (projection, written) = notebook(0);
    let follower = server.follow(projection);
    assert_eq!(next(&written), "room:quiet 1");
    follower.stop();
    let trims = TRIMS_KEPT_MAX.cast_unsigned();
    for number in 1..=trims + 1 {
        let deletion = Deletion::Through(Offset(number));
        let channels = vec![Outdated { channel: chat("room:a", 1).channel, deletion }];
        let id = MessageId::new(number, &[7; 10]);
        let entry =
            Entry { appends: vec![Append { id, ..chat("room:a", 1) }], trims: vec![Trim { channels }] };
        server.log.apply(&entry).unwrap();
    }
    let (projection, written) = notebook(0);
    let follower = server.follow(projection);
    assert_eq!([next(&written), next(&written)], ["begin anew", "room:quiet 1"]);
    while !next(&written).ends_with(&format!("to {}", trims + 1)) {}
    server.publish("room:b", 1);
    assert_eq!(next(&written), "room:b 1", "it begins anew once");
    follower.stop();
    let (mut after, mut waiting) = (Lsn(0), 0);
    while let Some((last, _)) = server.log.commands(after, u32::MAX).unwrap().last() {
        waiting += server.log.commands(after, u32::MAX).unwrap().len() as u64;
        after = *last;
    }
    assert!((trims..trims + 100).contains(&waiting), "{waiting}");
    server.stop();
}

#[test]
fn a_projection_learns_of_trims_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (projection, written) = notebook(0);
    let follower = server.follow(projection);
    server.publish("room:a", 1);
    server.publish("room:a", 2);
    assert_eq!([next(&written), next(&written)], ["room:a 1", "room:a 2"]);
    server.trim();
    assert_eq!(next(&written), "room:a without 1 to 2");
    follower.stop();
    // The newest message of the log was trimmed; the next one still comes after it.
    server.publish("room:a", 3);
    server.trim();
    server.publish("room:a", 4);
    server.trim();
    server.stop();

    let server = Server::start(folder.path());
    server.publish("room:a", 5);
    let (projection, written) = notebook(0);
    let follower = server.follow(projection);
    let lines: Vec<_> = std::iter::repeat_with(|| next(&written)).take(3).collect();
    assert_eq!(lines, ["room:a without 1 to 3", "room:a without 1 to 4", "room:a 5"]);
    follower.stop();
    server.stop();
}

#[test]
fn trims_that_nobody_needs_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    for number in 1..=20 {
        server.publish("room:a", number);
        server.trim();
    }
    let commands = server.log.commands(Lsn(0), u32::MAX).unwrap();
    assert_eq!(commands.len(), 1, "the newest keeps its number from being used again: {commands:?}");
    server.stop();
}
