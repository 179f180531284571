//! The client's mind and the server's middle, as they are released, in a world where everything goes wrong: the
//! network, the disk and the processes are simulated, time is virtual, and all chance comes from one seed.
//!
//! | file | what it is |
//! |---|---|
//! | [`profile`] | what a seed's world is like, and what may go wrong in it |
//! | [`world`] | one run: time, what happens in it, and the end at which all has to be well |
//! | [`steps`] | what people do, and what goes wrong |
//! | [`client`] | a program around the real session |
//! | [`server`] | one life of the real hub, workers and log queue |
//! | [`network`], [`wire`] | connections that are slow, stall, break, or lie |
//! | [`disk`] | a log in memory that fills up, is trimmed, loses its tail and is put back |
//! | [`stored`] | the real store beside it, which the real backup copies while it is written |
//! | [`crowd`] | people who send as much as they can, and what the server may hold for them |
//! | [`model`] | what has to be true, in a few plain rules |
//! | [`runner`] | many seeds on all cores |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and this one tells what it has seen"
)]

mod client;
mod crowd;
mod disk;
mod ether;
mod model;
mod network;
mod profile;
mod runner;
mod server;
mod steps;
mod stored;
mod wire;
mod world;

use profile::Profile;

/// Seeds that have ever failed, each with a word why.
const CORPUS: &str = include_str!("corpus.txt");

#[test]
fn the_simulated_disk_keeps_the_contract_of_a_log() {
    for sparse in [false, true] {
        backend::store::conformance::check(&disk::Disk::new(1, sparse));
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    // With those of which the first twenty have none: a crowd, and the real store.
    for seed in (0..20).chain([29, 139, 157]) {
        let (first, second) = (runner::trace(seed), runner::trace(seed));
        let differ = first.iter().zip(&second).find(|(one, other)| one != other);
        assert!(
            differ.is_none() && first.len() == second.len(),
            "seed {seed} has run in two ways: {differ:#?}"
        );
    }
}

#[test]
fn what_once_failed_holds() {
    let seeds = CORPUS.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    runner::run_all(seeds.collect());
}

#[test]
fn nothing_is_lost_twice_or_out_of_order() {
    let seeds = runner::asked_for();
    let is_default = seeds.len() >= 20_000;
    let counts = runner::run_all(seeds);
    if is_default {
        assert!(counts.copies > 0 && counts.deaths > 0 && counts.full_batches > 0, "{counts:?}");
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
