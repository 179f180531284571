//! `cargo xtask TASK`: sets up what is missing, then builds, runs, tests or checks Tidings.
//!
//! This file only dispatches; each task has a file of its own.
#![allow(clippy::print_stdout, reason = "telling the user what happens is what this program is for")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on fails"))]

mod bench;
mod cargo;
mod check;
mod compress;
mod count;
mod crash;
mod failure;
mod hint;
mod hostile;
mod in_use;
mod lock;
mod page;
mod process;
mod run;
mod scripts;
mod simulate;
mod size;
mod steps;
mod story;
mod styles;
mod test;
mod tools;
mod version;
mod wasm;
mod workspace;

use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask TASK [-- ARGUMENTS]

  run      install what is missing, build the page and the server, start the server
           (arguments go to the server: cargo xtask run -- --listen 127.0.0.1:9000)
  test     install what is missing, run every test
           (arguments go to the test programs: cargo xtask test -- reconnect --nocapture)
  check    formatting and lints, for the native target and for WebAssembly
  page     build the page, and compare what it weighs with what it may
  simulate run the simulation alone: [--seed S], or [--seeds N] [--from S]
  crash    kill a server under load 300 times, and compare what everybody was told with its log
           (cargo xtask crash --rounds 30 --seed 1)
  hostile  put 200 hostile guests of each kind beside an honest room, for 30 s each, and print what the server needs and
           how long the room's messages take (cargo xtask hostile --seconds 5 --kind PingFlood)
  bench    build the server and the load generator for speed, and measure
           (arguments name scenarios: cargo xtask bench one rooms --servers tidings,reference --repeat 5;
           cargo xtask bench list tells them all, cargo xtask bench --quick tries them all;
           without names it measures everything and writes docs/PERFORMANCE.md)
  count    install valgrind where it is missing, count the instructions and the allocations of a message's way, and compare
           them with what is committed (cargo xtask count --keep: this is what is to be committed)
  use      measure the page in a browser: `flood`, 1,000 messages a second for 30 s, or `cold`, from
           opening it to the first message (cargo xtask use flood --reading true; cargo xtask use
           tells what can be said)";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let mut rest: Vec<String> = arguments.collect();
    if rest.first().is_some_and(|first| first == "--") {
        rest.remove(0);
    }

    let outcome = match task.as_str() {
        "run" => run::run(&rest),
        "test" => test::run(&rest),
        "simulate" => simulate::run(&rest),
        "check" => check::run(),
        "page" => size::run(),
        "bench" => bench::run(&rest),
        "crash" => crash::run(&rest),
        "hostile" => hostile::run(&rest),
        "count" => count::run(&rest),
        "use" => in_use::run(&rest),
        hint::TASK => hint::run(&rest),
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        unknown => {
            eprintln!("There is no task `{unknown}`.\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}
