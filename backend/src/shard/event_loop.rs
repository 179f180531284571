//! The event loop of a worker: takes commands from the mailbox and delivers news to the worker's connections.

use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::mpsc;

use super::deliveries::Deliveries;
use super::signals::Signals;
use super::worker::{Worker, WorkerParts};
use super::{announce, care};
use crate::mailbox::WorkerCommand;
use crate::telemetry::Event;
use crate::telemetry::event::SignalDropped;

/// Maximum number of commands that are taken from the mailbox at once. Many small batches then become one write per
/// subscriber.
const COMMANDS_AT_ONCE_MAX: usize = 64;

/// Starts a worker on this thread.
pub(crate) fn start(index: usize, parts: WorkerParts, mailbox: mpsc::Receiver<WorkerCommand>) -> Rc<Worker> {
    let worker = Worker::new(index, parts);
    actix_web::rt::spawn(care::run(Rc::clone(&worker)));
    actix_web::rt::spawn(announce::run(Rc::clone(&worker)));
    actix_web::rt::spawn(run(Rc::clone(&worker), mailbox));
    worker
}

async fn run(worker: Rc<Worker>, mut mailbox: mpsc::Receiver<WorkerCommand>) {
    let (mut inbox, mut commands) = (Vec::new(), VecDeque::new());
    let (mut deliveries, mut signals) = (Deliveries::default(), Signals::default());
    loop {
        let has_work = !(commands.is_empty() && deliveries.is_empty() && signals.is_empty());
        tokio::select! {
            biased;
            count = mailbox.recv_many(&mut inbox, COMMANDS_AT_ONCE_MAX), if commands.is_empty() => match count {
                0 => return,
                _ => commands.extend(inbox.drain(..)),
            },
            // Deliveries do not wait for the mailbox.
            () = std::future::ready(()), if has_work => {}
        }
        while deliveries.has_room()
            && let Some(command) = commands.pop_front()
        {
            execute(&worker, command, &mut deliveries, &mut signals);
        }
        deliveries.advance(&worker.connections.borrow());
        signals.advance(&worker.feeds.borrow(), &worker.connections.borrow());
        if !(deliveries.is_empty() && signals.is_empty()) {
            tokio::task::yield_now().await;
        }
    }
}

fn execute(worker: &Worker, command: WorkerCommand, deliveries: &mut Deliveries, signals: &mut Signals) {
    match command {
        WorkerCommand::Batch(batch) => {
            let answered = worker.queue_answers(batch.answers.get(worker.index));
            deliveries.flush_later(answered);
            signals.drop_typing(&batch);
            deliveries.add(&batch.channels, &mut worker.feeds.borrow_mut());
        }
        WorkerCommand::Relay { key, frame, except } => {
            if !signals.add(key, frame, except) {
                worker.emit(Event::SignalDropped(SignalDropped::QueueFull));
            }
        }
        WorkerCommand::Push { connection, push, reply } => {
            let accepted = worker.push(connection, &push.push);
            worker.emit(Event::Pushed { connection, accepted });
            // The caller may have gone.
            let _ = reply.send(accepted);
        }
        WorkerCommand::Disconnect { connection, code, reason } => {
            worker.disconnect(connection, code, &reason)
        }
        WorkerCommand::Stop { reply } => {
            deliveries.finish(&worker.connections.borrow());
            worker.stop(reply);
        }
    }
}
