//! Benchmarks of the single parts of a message's path: `cargo bench -p backend`.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot continue must fail")]

mod rig;

use std::sync::{Arc, mpsc};

use backend::channel::feed::Feed;
use backend::config::Durability;
use backend::mailbox::News;
use backend::message::{EncodedMessage, EncodedRun, messages_json};
use backend::sequencer::direct::Direct;
use backend::sequencer::log_thread;
use backend::sequencer::publication::{Publication, ReplyTo};
use backend::store::sqlite::SqliteLog;
use backend::store::{Append, Entry, Log};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use shared::ids::{ChannelName, DisplayName, Epoch, MessageId, Offset, UserId};
use shared::protocol::{Message, Payload, RawPayload, Sender, ServerMessage, codec};
use shared::time::Timestamp;
use tokio::sync::oneshot;

fn main() {
    divan::main();
}

const PUBLISH: &str = r#"{"type":"publish","id":7,"channel":"live:bench","message_id":"019b7e00-0000-7000-8000-000000000007","payload":{"type":"chat","text":"It is raining again, and the harbour is grey; the boats lie still, and nobody is out but the gulls and I. What do you see there?"}}"#;

fn append(number: u64) -> Append {
    let id = format!("019b7e00-0000-7000-8000-{number:012x}");
    Append {
        channel: ChannelName::parse("log:bench").unwrap(),
        id: MessageId::parse(&id).unwrap(),
        at: Timestamp(1_700_000_000_000),
        from: Sender { user: UserId::parse("ada").unwrap(), name: DisplayName::parse("Ada").unwrap() },
        payload: RawPayload::from(&Payload::chat("x".repeat(128))),
    }
}

fn message(offset: u64) -> Message<RawPayload> {
    let Append { channel, id, at, from, payload } = append(offset);
    Message { channel, offset: Offset(offset), prev: Offset(offset - 1), id, at, from, payload }
}

#[divan::bench]
fn codec_decode_publish(bencher: Bencher<'_, '_>) {
    bencher.bench(|| codec::decode_client(black_box(PUBLISH)));
}

#[divan::bench]
fn codec_encode_message(bencher: Bencher<'_, '_>) {
    let message = ServerMessage::Message(message(7));
    bencher.bench(|| codec::encode_server(black_box(&message)));
}

#[divan::bench]
fn encode_a_message(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| message(7)).bench_values(|message| EncodedMessage::new(message, None));
}

#[divan::bench(args = [1, 16, 256])]
fn messages_joined(bencher: Bencher<'_, '_>, messages: u64) {
    let messages: Vec<_> =
        (1..=messages).map(|offset| Arc::new(EncodedMessage::new(message(offset), None))).collect();
    bencher.bench(|| EncodedRun::new(black_box(&messages)));
}

#[divan::bench]
fn feed_push_and_next(bencher: Bencher<'_, '_>) {
    let channel = ChannelName::parse("log:bench").unwrap();
    let feed = Feed::new(channel.clone(), Epoch(1), true);
    let mut offset = 0;
    bencher.bench_local(|| {
        offset += 1;
        feed.push(&News::new(channel.clone(), vec![Arc::new(EncodedMessage::new(message(offset), None))]));
        feed.take_undelivered();
        feed.next(Offset(offset - 1))
    });
}

#[divan::bench(args = [1, 64, 1024], sample_count = 20)]
fn log_append_normal(bencher: Bencher<'_, '_>, batch: u64) {
    let folder = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(&folder.path().join("log.db"), Durability::Normal).unwrap();
    let mut number = 0;
    bencher.bench_local(|| {
        let entry = Entry::of_appends((number..number + batch).map(append).collect());
        number += batch;
        log.apply(&entry).unwrap()
    });
}

#[divan::bench(args = [20, 100])]
fn log_page(bencher: Bencher<'_, '_>, messages: u32) {
    let folder = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(&folder.path().join("log.db"), Durability::Normal).unwrap();
    let batch: Vec<_> = (0..100).map(append).collect();
    let channel = batch[0].channel.clone();
    log.apply(&Entry::of_appends(batch)).unwrap();
    bencher.bench(|| messages_json(&log.read_before(&channel, None, black_box(messages)).unwrap().messages));
}

/// Measures how many publishers share one wait for the disk, if each waits for the reply to its message before it sends the next.
#[divan::bench(args = [1, 8, 64], sample_count = 20, sample_size = 1)]
fn log_group_commit_full(bencher: Bencher<'_, '_>, publishers: usize) {
    const MESSAGES: u64 = 2048;
    // Use the disk of the target directory, because the system's temporary directory may be in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let log = SqliteLog::open(&folder.path().join("log.db"), Durability::Full).unwrap();
    let (stored, answers) = mpsc::channel();
    let (queue, thread) = log_thread::start(Arc::new(log), Direct::default(), move |batch| {
        // The receiver may be dropped at the end of the benchmark.
        let _ = stored.send(batch.len());
    })
    .unwrap();
    let mut number = 0;
    let mut publish = |count: usize| {
        let mut turn = Vec::with_capacity(count);
        for _ in 0..count {
            number += 1;
            let (append, reply) = (append(number), ReplyTo::Caller(oneshot::channel().0));
            turn.push(queue.enter(Publication { append, reply }).unwrap());
        }
        queue.hand_over(turn);
    };
    bencher.counter(ItemsCount::new(MESSAGES)).bench_local(|| {
        publish(publishers);
        let (mut sent, mut answered) = (publishers as u64, 0);
        while answered < MESSAGES {
            let stored = answers.recv().unwrap() as u64;
            answered += stored;
            let next = stored.min(MESSAGES - sent);
            sent += next;
            if next > 0 {
                publish(next as usize);
            }
        }
    });
    queue.stop();
    thread.join().unwrap();
}

#[divan::bench(args = [1, 100, 1000])]
fn publish_to_readers(bencher: Bencher<'_, '_>, readers: usize) {
    let mut rig = rig::Rig::new(readers);
    bencher.bench_local(|| {
        rig.publish();
        rig.written()
    });
}
