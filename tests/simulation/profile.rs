//! The properties of a seed's world. In each world only some things can go wrong, because failures of every kind at
//! once hide those of a single kind.

use backend::presence::PRESENCE_MEMBERS_MAX;
use shared::ids::ChannelName;

/// The quality of the network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) delay_ms_max: u64,
    /// Slow pieces per thousand, and the delay of a slow piece.
    pub(crate) slow_per_mille: u32,
    pub(crate) slow_ms_max: u64,
    /// Attempts to connect per thousand that fail, and that are never answered.
    pub(crate) refused_per_mille: u32,
    pub(crate) unanswered_per_mille: u32,
}

impl Weather {
    /// No failures.
    pub(crate) const CALM: Self = Self {
        delay_ms_max: 20,
        slow_per_mille: 0,
        slow_ms_max: 0,
        refused_per_mille: 0,
        unanswered_per_mille: 0,
    };
}

/// A middlebox that breaks TCP: frames per thousand that it drops, doubles or swaps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hostile {
    pub(crate) drop: u32,
    pub(crate) double: u32,
    pub(crate) swap: u32,
}

/// The world of a seed.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) clients: usize,
    pub(crate) workers: usize,
    pub(crate) channels: Vec<ChannelName>,
    pub(crate) steps: u64,
    pub(crate) step_ms_max: u64,
    pub(crate) weather: Weather,
    pub(crate) hostile: Option<Hostile>,
    /// Capacity of a socket's buffer in bytes: minimum and maximum.
    pub(crate) socket_bytes: (u64, u64),
    pub(crate) text_bytes_max: u64,
    /// Whether some messages are valid texts whose frames exceed the server's limit. It is not drawn, so that the
    /// worlds of other seeds stay the same.
    pub(crate) oversize: bool,
    /// Whether the real store is beside the simulated disk, to be backed up. It is not drawn either.
    pub(crate) stored: bool,
    /// Whether there is a crowd that sends as much as it can. It is not drawn either.
    pub(crate) crowd: bool,
    pub(crate) burst_max: u64,
    pub(crate) heartbeat_ms: u64,
    pub(crate) message_rate: u32,
    /// Maximum number of messages that a channel keeps.
    pub(crate) retention: Option<u64>,
    /// Whether the log's offsets have holes between them.
    pub(crate) sparse: bool,
    pub(crate) disk_ms_max: u64,
    pub(crate) worker_ms_max: u64,
    pub(crate) read_ms_max: u64,
    /// The weights of the steps.
    pub(crate) weights: Weights,
    /// Whether power fails; the log then has `durability = normal`.
    pub(crate) power_loss: bool,
    /// Above this number of members, presence is not announced.
    pub(crate) presence_members_max: usize,
    /// How long a member without a connection stays a member.
    pub(crate) presence_grace_ms: u64,
}

/// How often each step happens, relative to the others.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Weights {
    pub(crate) publish: u32,
    pub(crate) burst: u32,
    pub(crate) call: u32,
    pub(crate) race: u32,
    pub(crate) subscribe: u32,
    pub(crate) unsubscribe: u32,
    pub(crate) history: u32,
    pub(crate) signal: u32,
    pub(crate) cut: u32,
    pub(crate) half_open: u32,
    pub(crate) stall: u32,
    pub(crate) sleep: u32,
    pub(crate) process_restart: u32,
    pub(crate) server_crash: u32,
    pub(crate) server_stop: u32,
    pub(crate) disk_full: u32,
    /// Another server publishes.
    pub(crate) elsewhere: u32,
    pub(crate) trim: u32,
    pub(crate) backup: u32,
    pub(crate) restore: u32,
    pub(crate) part_dies: u32,
    pub(crate) intrude: u32,
    pub(crate) flood: u32,
    pub(crate) fill: u32,
}

const CHANNELS: [&str; 7] =
    ["room:lobby", "room:lobby", "room:quiet", "live:ticker", "dm:ada+bob", "inbox:ada", "inbox:bob"];

impl Profile {
    /// Returns the world of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut channels: Vec<ChannelName> = Vec::new();
        for _ in 0..random.usize(1..=4) {
            let channel = ChannelName::parse(CHANNELS[random.usize(0..CHANNELS.len())]).unwrap();
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
        let of_three = |random: &mut fastrand::Rng, values: [u64; 3]| values[random.usize(0..3)];
        let mut maybe = |weight: u32| if random.bool() { weight } else { 0 };
        let weights = Weights {
            publish: 30,
            burst: maybe(6),
            call: maybe(8),
            race: maybe(4),
            subscribe: 8,
            unsubscribe: maybe(4),
            history: maybe(5),
            signal: maybe(4),
            cut: maybe(8),
            half_open: maybe(3),
            stall: maybe(5),
            sleep: maybe(4),
            process_restart: maybe(3),
            server_crash: maybe(3),
            server_stop: maybe(2),
            disk_full: maybe(3),
            elsewhere: if seed % 4 == 1 { 6 } else { 0 },
            trim: maybe(6),
            backup: maybe(2),
            restore: maybe(2),
            // Not drawn, like `oversize`.
            part_dies: if seed % 16 == 3 { 4 } else { 0 },
            ..Weights::default()
        };
        let hostile = (random.u32(0..4) == 0).then(|| Hostile {
            drop: random.u32(0..2) * random.u32(1..80),
            double: random.u32(0..2) * random.u32(1..80),
            swap: random.u32(0..2) * random.u32(1..80),
        });
        let weather = Weather {
            delay_ms_max: of_three(&mut random, [2, 20, 100]),
            slow_per_mille: random.u32(0..2) * random.u32(1..100),
            slow_ms_max: of_three(&mut random, [200, 1000, 3000]),
            refused_per_mille: random.u32(0..2) * random.u32(1..200),
            unanswered_per_mille: random.u32(0..2) * random.u32(1..50),
        };
        let small = random.bool();
        let large = random.u32(0..10) == 0;
        let profile = Self {
            clients: random.usize(2..=6),
            workers: random.usize(1..=3),
            channels,
            steps: random.u64(20..=120),
            step_ms_max: of_three(&mut random, [10, 100, 400]),
            weather,
            hostile,
            socket_bytes: if small { (200, 4_000) } else { (20_000, 400_000) },
            text_bytes_max: if large { 16_000 } else { of_three(&mut random, [1, 40, 400]) },
            oversize: seed % 16 == 5,
            stored: seed % 128 == 11,
            crowd: seed % 128 == 29,
            burst_max: if large { 40 } else { of_three(&mut random, [5, 20, 60]) },
            heartbeat_ms: of_three(&mut random, [1_000, 5_000, 25_000]),
            message_rate: u32::try_from(of_three(&mut random, [0, 50, 5])).unwrap(),
            retention: random.bool().then(|| random.u64(0..12)),
            sparse: random.bool(),
            disk_ms_max: of_three(&mut random, [0, 10, 60]),
            worker_ms_max: of_three(&mut random, [0, 20, 1_000]),
            read_ms_max: of_three(&mut random, [0, 10, 100]),
            weights,
            power_loss: random.u32(0..4) == 0,
            presence_members_max: if random.bool() { PRESENCE_MEMBERS_MAX } else { random.usize(1..=4) },
            presence_grace_ms: of_three(&mut random, [50, 500, 5_000]),
        };
        profile.specialised()
    }

    /// Adjusts the profile of a special world.
    fn specialised(self) -> Self {
        let weights = self.weights;
        if self.stored {
            // The real store's offsets have no holes. It is not restored: its backups are opened beside it.
            let weights = Weights { backup: 8, restore: 0, ..weights };
            return Self { sparse: false, power_loss: false, weights, ..self };
        }
        if self.crowd {
            // A slow disk and senders with several messages in flight, so that some wait for more than one transaction.
            let weights = Weights { intrude: 10, flood: 3, fill: 1, burst: 10, ..weights };
            return Self { disk_ms_max: 60, burst_max: 20, weights, ..self };
        }
        self
    }
}
