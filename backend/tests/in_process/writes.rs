//! The contents of one write, and the continuation after a partial write.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use backend::channel::socket::Socket;
use backend::channel::wire::Wire;

use crate::rig::Rig;

const ROOM: &str = "live:room";
const OTHER: &str = "live:other";

/// A network with limited room.
#[derive(Default)]
struct Network {
    room: Cell<usize>,
    writes: RefCell<Vec<Vec<u8>>>,
    writer: RefCell<Option<Waker>>,
}

impl Network {
    fn open(room: usize) -> Rc<Self> {
        Rc::new(Self { room: Cell::new(room), ..Self::default() })
    }

    /// Makes room for `room` bytes and wakes the writer.
    fn widen(&self, room: usize) {
        self.room.set(room);
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }

    /// Removes and returns the writes.
    fn take(&self) -> Vec<Vec<u8>> {
        self.writes.take()
    }
}

/// The socket of a subscriber.
struct Reader(Rc<Network>);

impl Socket for Reader {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0.room.get());
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.room.set(self.0.room.get() - taken);
        self.0.writes.borrow_mut().push(bytes[..taken].to_vec());
        Ok(taken)
    }

    fn poll_room(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.0.room.get() > 0 {
            return Poll::Ready(Ok(()));
        }
        self.0.writer.replace(Some(context.waker().clone()));
        Poll::Pending
    }
}

/// Returns the offsets of the messages, in the order of their frames.
fn offsets(frames: &[u8]) -> Vec<u64> {
    let text = String::from_utf8_lossy(frames);
    let offset = |rest: &str| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
    let messages = text.split(r#"{"type":"message""#).skip(1);
    messages.map(|message| offset(message.split_once(r#""offset":"#).unwrap().1)).collect()
}

/// Returns the bytes that a reader gets of three messages if its socket accepts `first` bytes now and the rest later.
fn interrupted(first: usize) -> (usize, Vec<u8>) {
    let (mut rig, network) = (Rig::empty(), Network::open(usize::MAX));
    rig.join(ROOM, Wire::new(Reader(Rc::clone(&network))));
    rig.turn();
    network.take();
    network.room.set(first);
    (0..3).for_each(|_| rig.say(ROOM));
    rig.turn();
    let mut frames = network.take().concat();
    let begun = frames.len();
    network.widen(usize::MAX);
    rig.turn();
    frames.extend(network.take().concat());
    (begun, frames)
}

#[test]
fn a_partial_write_continues_where_it_was_cut() {
    let (whole, frames) = interrupted(usize::MAX);
    assert_eq!((offsets(&frames), frames.len()), (vec![1, 2, 3], whole));
    for first in (0..=whole).step_by(37) {
        let (begun, frames) = interrupted(first);
        assert_eq!((begun, offsets(&frames), frames.len()), (first, vec![1, 2, 3], whole));
    }
}

#[test]
fn messages_of_two_channels_go_out_in_one_write() {
    let (mut rig, network) = (Rig::empty(), Network::open(usize::MAX));
    rig.join_all(&[ROOM, OTHER], Wire::new(Reader(Rc::clone(&network))));
    rig.turn();
    network.take();
    rig.say(ROOM);
    rig.say(OTHER);
    rig.turn();
    let writes = network.take();
    assert_eq!(writes.iter().map(|frames| offsets(frames).len()).collect::<Vec<_>>(), [2]);
}
