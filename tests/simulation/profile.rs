//! What the world of a seed is like. Each seed may do only some of all that can go wrong: what goes wrong everywhere
//! at once hides what goes wrong alone.

use backend::presence::PRESENCE_MEMBERS_MAX;
use shared::ids::ChannelName;

/// How the network is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) delay_ms_max: u64,
    /// How many in a thousand pieces are slow, and how slow.
    pub(crate) slow_per_mille: u32,
    pub(crate) slow_ms_max: u64,
    /// How many in a thousand tries to connect fail, or are never answered.
    pub(crate) refused_per_mille: u32,
    pub(crate) unanswered_per_mille: u32,
}

impl Weather {
    /// Nothing goes wrong any more.
    pub(crate) const CALM: Self = Self {
        delay_ms_max: 20,
        slow_per_mille: 0,
        slow_ms_max: 0,
        refused_per_mille: 0,
        unanswered_per_mille: 0,
    };
}

/// Something between client and server that does not keep to TCP, in frames of a thousand.
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
    /// What a socket holds of what is on its way, in bytes.
    pub(crate) socket_bytes: (u64, u64),
    pub(crate) text_bytes_max: u64,
    /// Whether some messages are legal texts whose frames are larger than the server accepts. Not drawn, so that the
    /// worlds of other seeds stay as they were.
    pub(crate) oversize: bool,
    /// Whether the real store is beside the simulated disk, to be copied. Not drawn either.
    pub(crate) stored: bool,
    /// Whether there are people who send as much as they can. Not drawn either.
    pub(crate) crowd: bool,
    pub(crate) burst_max: u64,
    pub(crate) heartbeat_ms: u64,
    pub(crate) message_rate: u32,
    /// How many messages a channel keeps.
    pub(crate) retention: Option<u64>,
    /// Whether the log gives offsets with holes between them.
    pub(crate) sparse: bool,
    pub(crate) disk_ms_max: u64,
    pub(crate) worker_ms_max: u64,
    pub(crate) read_ms_max: u64,
    /// Weights of what may happen in a step.
    pub(crate) weights: Weights,
    /// The log is `durability = normal`, and power is lost.
    pub(crate) power_loss: bool,
    /// Above so many members, a channel's presence is not announced.
    pub(crate) presence_members_max: usize,
    /// How long a member without a connection stays one.
    pub(crate) presence_grace_ms: u64,
}

/// How often each thing happens, relative to the others.
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
    /// The world of a seed.
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
            trim: maybe(6),
            backup: maybe(2),
            restore: maybe(2),
            // Not drawn, as `oversize` is not.
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

    /// The same with what a special world needs.
    fn specialised(self) -> Self {
        let weights = self.weights;
        if self.stored {
            // The real store gives offsets without holes, and is not put back: its copies are opened beside it.
            let weights = Weights { backup: 8, restore: 0, ..weights };
            return Self { sparse: false, power_loss: false, weights, ..self };
        }
        if self.crowd {
            // A slow disk, and senders who have several messages under way: some wait for more than one transaction.
            let weights = Weights { intrude: 10, flood: 3, fill: 1, burst: 10, ..weights };
            return Self { disk_ms_max: 60, burst_max: 20, weights, ..self };
        }
        self
    }
}
