//! Deterministic simulation of the client's session and the server's hub, as they are released: the network, the disk
//! and the processes are simulated and fail, time is virtual, and every random number is derived from one seed.
//!
//! | file | content |
//! |---|---|
//! | [`profile`] | the properties of a seed's world, and its possible failures |
//! | [`world`] | one run: its events, clients and API callers, and the checks at its end |
//! | [`steps`] | actions of clients, and failures |
//! | [`client`] | a program around the real session |
//! | [`server`] | one life of the real hub, workers and log queue |
//! | [`order`] | a sequencer that puts entries of another server between those of this one |
//! | [`network`], [`wire`] | connections that are slow, stall, break, or drop frames |
//! | [`disk`] | a log in memory that fills up, is trimmed, loses its tail and is restored |
//! | [`stored`] | the real store beside it, which is written while the real backup copies it |
//! | [`crowd`] | a crowd that sends as much as it can, and the server's memory limits |
//! | [`model`] | the rules that must hold |
//! | [`runner`] | many seeds on all cores |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "in a test a failure is a panic, and this one prints its counts"
)]

mod client;
mod crowd;
mod disk;
mod ether;
mod model;
mod network;
mod order;
mod profile;
mod runner;
mod server;
mod steps;
mod stored;
mod wire;
mod world;

use std::collections::BTreeSet;

use profile::Profile;

/// Seeds that have failed once, each with its cause.
const CORPUS: &str = include_str!("corpus.txt");

/// The contract of a log, as the simulated disk keeps it.
mod contract {
    use std::sync::Arc;

    use backend::store::conformance::Store;
    use backend::store::{Append, Log};

    use crate::disk::Disk;

    /// A disk that outlives the logs that are opened on it.
    struct Machine(Arc<Disk>);

    impl Machine {
        fn new(sparse: bool) -> Self {
            Self(Arc::new(Disk::new(1, sparse)))
        }
    }

    impl Store for Machine {
        fn open(&self) -> Arc<dyn Log> {
            Arc::<Disk>::clone(&self.0)
        }

        fn fail_appends_of(&self, entry: Option<&Append>) {
            self.0.set_full(entry.is_some());
        }
    }

    mod with_dense_offsets {
        backend::log_conformance!(super::Machine::new(false));
    }

    mod with_holes_between_offsets {
        backend::log_conformance!(super::Machine::new(true));
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_to_the_byte() {
    for seed in traced_seeds() {
        let first = runner::trace(seed);
        // Use a new thread, because thread-local state must not affect a run.
        let second = std::thread::spawn(move || runner::trace(seed)).join().unwrap();
        let differ = first.lines().zip(second.lines()).find(|(one, other)| one != other);
        assert!(first == second, "two runs of seed {seed} differ: {differ:#?}");
    }
}

#[test]
fn different_seeds_give_different_traces() {
    let seeds = traced_seeds();
    let traces: BTreeSet<String> = seeds.iter().map(|&seed| runner::trace(seed)).collect();
    assert_eq!(traces.len(), seeds.len());
    // Even the beginning differs, where little has happened yet.
    let beginnings: BTreeSet<Vec<&str>> =
        traces.iter().map(|trace| trace.lines().take(40).collect()).collect();
    assert_eq!(beginnings.len(), seeds.len());
}

/// The first twenty seeds, and two more of each kind of world.
fn traced_seeds() -> BTreeSet<u64> {
    const KINDS: [fn(&Profile) -> bool; 9] = [
        |profile| profile.hostile.is_some(),
        |profile| profile.retention.is_some(),
        |profile| profile.message_rate == 0,
        |profile| profile.weights.part_dies > 0,
        |profile| profile.power_loss,
        |profile| profile.sparse,
        |profile| profile.oversize,
        |profile| profile.stored,
        |profile| profile.crowd,
    ];
    let of_kind = |is: fn(&Profile) -> bool| (20..).filter(move |&seed| is(&Profile::of(seed))).take(2);
    (0..20).chain(KINDS.into_iter().flat_map(of_kind)).collect()
}

#[test]
fn seeds_that_once_failed_pass() {
    let seeds = CORPUS.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    runner::run_all(seeds.collect());
}

#[test]
fn nothing_is_lost_twice_or_out_of_order() {
    let seeds = runner::asked_for();
    let is_default = seeds.len() >= 20_000;
    let counts = runner::run_all(seeds);
    if is_default {
        assert!(
            counts.copies > 0 && counts.deaths > 0 && counts.full_batches > 0 && counts.elsewhere > 0,
            "{counts:?}"
        );
    }
}

#[test]
fn profiles_cover_what_they_are_for() {
    let profiles: Vec<Profile> = (0..400).map(Profile::of).collect();
    let some = |what: fn(&Profile) -> bool| profiles.iter().any(what) && !profiles.iter().all(what);
    assert!(some(|profile| profile.hostile.is_some()));
    assert!(some(|profile| profile.retention.is_some()));
    assert!(some(|profile| profile.power_loss));
    assert!(some(|profile| profile.message_rate == 0));
    assert!(some(|profile| profile.weights.part_dies > 0));
    assert!(some(|profile| profile.stored));
    assert!(some(|profile| profile.crowd));
}
