//! Clients that publish and read at the same time while a story causes failures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shared::ids::ChannelName;
use shared::protocol::Payload;
use shared::session::Status;
use tokio::task::JoinHandle;

use crate::client::{Client, ClientBuilder, channel};
use crate::deadline::{PATIENCE, eventually};
use crate::http::Api;
use crate::ledger::{Findings, Ledger, head};

/// Maximum number of messages in flight per talker. It is above the session's own limit, so some wait in the session.
const UNANSWERED_MAX: u64 = 40;

/// Interval at which talkers publish, and at which clients in backoff connect at once.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Maximum size of most texts, in bytes. One in [`LONG_EVERY`] is longer.
const TEXT_BYTES_MAX: usize = 200;

/// One in this many texts is long.
const LONG_EVERY: usize = 50;

/// Maximum size of the long texts, in bytes.
const LONG_TEXT_BYTES_MAX: usize = 8 * 1024;

/// Talkers and listeners. All subscribe to all channels.
#[derive(Debug)]
pub struct Crowd {
    people: Arc<Vec<Client>>,
    channels: Vec<ChannelName>,
    budget: Arc<AtomicU64>,
    talk: JoinHandle<()>,
}

impl Crowd {
    /// Connects talkers and listeners by way of `address`, and subscribes them to these channels. The talkers do not
    /// publish yet. The texts are derived from the seed.
    pub async fn gather(
        address: SocketAddr,
        talkers: usize,
        listeners: usize,
        channels: &[&str],
        seed: u64,
    ) -> Self {
        let mut people = Vec::new();
        for number in 0..talkers + listeners {
            let kind = if number < talkers { "Talker" } else { "Listener" };
            let person = ClientBuilder::new(address, &format!("{kind} {number}")).connect().await;
            for channel in channels {
                person.subscribe(channel).await;
            }
            people.push(person);
        }
        let (people, budget) = (Arc::new(people), Arc::<AtomicU64>::default());
        let channels: Vec<ChannelName> = channels.iter().map(|name| channel(name)).collect();
        let random = fastrand::Rng::with_seed(seed);
        let talk = Talk { talkers, said: vec![0; talkers], channels: channels.clone(), random };
        let talk = tokio::spawn(talk.run(Arc::clone(&people), Arc::clone(&budget)));
        Self { people, channels, budget, talk }
    }

    /// Makes the talkers publish this number of further messages in total, as fast as they are answered.
    pub fn talk(&self, messages: u64) {
        self.budget.fetch_add(messages, Ordering::SeqCst);
    }

    /// Stops the talkers.
    pub fn hush(&self) {
        self.budget.store(0, Ordering::SeqCst);
    }

    /// Returns all clients.
    pub fn people(&self) -> &[Client] {
        &self.people
    }

    /// Returns the number of answered messages.
    pub fn answered(&self) -> usize {
        self.people.iter().map(|person| person.journal(|journal| journal.fates.len())).sum()
    }

    /// Returns the number of messages in flight.
    pub fn unanswered(&self) -> usize {
        self.people.iter().map(|person| person.journal(|journal| journal.unanswered())).sum()
    }

    /// Waits until `more` further messages have been answered.
    pub async fn expect_answers(&self, more: usize) {
        let until = self.answered() + more;
        eventually(PATIENCE, &format!("{more} more messages are answered"), async || match self.answered() {
            enough if enough >= until => Ok(()),
            answered => Err(format!("{answered} of {until}, {} in flight", self.unanswered())),
        })
        .await;
    }

    /// Waits until all clients are connected.
    pub async fn expect_online(&self) {
        for person in &*self.people {
            person.expect_online().await;
        }
    }

    /// Waits until no client is connected.
    pub async fn expect_nobody_online(&self) {
        eventually(PATIENCE, "no client is connected", async || {
            let online = |person: &&Client| matches!(person.status(), Status::Online { .. });
            match self.people.iter().filter(online).count() {
                0 => Ok(()),
                count => Err(format!("{count} are")),
            }
        })
        .await;
    }

    /// Stops talking, waits until all messages are answered and delivered, and compares with the log.
    pub async fn compare(&self, api: &Api, story: &str) -> Findings {
        self.hush();
        eventually(PATIENCE, "all messages are answered", async || match self.unanswered() {
            0 => Ok(()),
            count => Err(format!("{count} are unanswered")),
        })
        .await;
        for channel in &self.channels {
            let end = head(&api.messages(channel).await);
            for person in &*self.people {
                let what = format!("receives {channel} up to {end}");
                person
                    .expect_journal(&what, |journal| {
                        journal.reached(channel).is_some_and(|reached| reached >= end).then_some(())
                    })
                    .await;
            }
        }
        Ledger::read(api, &self.channels, self.people.iter()).await.compare(story)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.talk.abort();
    }
}

/// The state of the task that publishes.
struct Talk {
    talkers: usize,
    said: Vec<u64>,
    channels: Vec<ChannelName>,
    random: fastrand::Rng,
}

impl Talk {
    async fn run(mut self, people: Arc<Vec<Client>>, budget: Arc<AtomicU64>) {
        loop {
            for (number, talker) in people.iter().take(self.talkers).enumerate() {
                self.say_more(number, talker, &budget);
            }
            for person in people.iter() {
                if matches!(person.status(), Status::Waiting { .. }) {
                    person.hurry();
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn say_more(&mut self, number: usize, talker: &Client, budget: &AtomicU64) {
        let answered = talker.journal(|journal| journal.fates.len()) as u64;
        while self.said[number] - answered < UNANSWERED_MAX && take_one(budget) {
            self.said[number] += 1;
            let channel = self.random.choice(&self.channels).expect("there are channels").clone();
            let longest =
                if self.random.usize(..LONG_EVERY) == 0 { LONG_TEXT_BYTES_MAX } else { TEXT_BYTES_MAX };
            let length = self.random.usize(..longest);
            let filler: String = std::iter::repeat_with(|| self.random.alphanumeric()).take(length).collect();
            let text = format!("{} {} {filler}", talker.label(), self.said[number]);
            talker.say(channel.as_str(), Payload::chat(text));
        }
    }
}

fn take_one(budget: &AtomicU64) -> bool {
    budget.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}
