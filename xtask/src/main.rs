//! `cargo xtask TASK`: sets up what is missing, then builds, runs, tests or checks Tidings.
//!
//! This file only dispatches; each task has a separate file.
#![allow(clippy::print_stdout, reason = "this program reports its progress to the user")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "in a test a failure is a panic"))]

mod background;
mod bench;
mod cargo;
mod check;
mod count;
mod crash;
mod dev;
mod failure;
mod hint;
mod hostile;
mod in_use;
mod origins;
mod page;
mod process;
mod profile;
mod run;
mod same;
mod simulate;
mod size;
mod steps;
mod story;
mod test;
mod together;
mod tools;
mod version;
mod wasm;
mod workspace;

use std::process::ExitCode;

use failure::Failure;

const HELP: &str = "\
Usage: cargo xtask TASK [-- ARGUMENTS]

  run       Build the app and the server quickly, for a first try, and start the server.
            Arguments go to the server: cargo xtask run -- --listen 127.0.0.1:9000
            cargo xtask run --release    builds both as they are shipped: optimised, in more time
  dev       Install trunk if it is missing, and start the back end and `trunk serve` together.
  test      Install missing tools and run every test.
            Arguments go to the test programs: cargo xtask test -- reconnect --nocapture
  check     Check the formatting and the lints, natively and for WebAssembly.
  page      Build the app as it is shipped and compare its size with the limit.
  same      Install trunk if it is missing, and compare the app that it builds with the one of `cargo xtask`.
  simulate  Run the simulation: [--seed S], or [--seeds N] [--from S]
  crash     Kill a server under load 300 times, and compare what every client received with the log:
            [--rounds N] [--seed S]
  hostile   Run 200 hostile guests of each kind beside an honest room, for 30 s each, and print the server's
            memory and the room's latency: [--seconds N] [--guests N] [--kind NAME]
  bench     Build the server and the load generator in release mode, and measure.
            cargo xtask bench            every scenario; writes docs/PERFORMANCE.md
            cargo xtask bench list       names the scenarios and the servers
            cargo xtask bench --quick    runs everything briefly, to see whether it works
            cargo xtask bench one rooms --servers tidings,reference --repeat 5
  count     Install valgrind if it is missing, count the instructions and allocations per message, and compare
            them with the committed counts. `--keep` replaces the committed counts.
  use       Measure the app in a browser: `flood`, `heap`, `scroll` or `cold`.
            cargo xtask use flood --reading true; without arguments it prints the options.
  help      Print this text.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let mut rest: Vec<String> = arguments.collect();
    if rest.first().is_some_and(|first| first == "--") {
        rest.remove(0);
    }

    let outcome = match task.as_str() {
        "run" => run::run(&rest),
        "dev" => dev::run(&rest),
        "test" => test::run(&rest),
        "simulate" => simulate::run(&rest),
        "check" => without_options(&task, &rest).and_then(|()| check::run()),
        "page" => without_options(&task, &rest).and_then(|()| size::run()),
        "same" => without_options(&task, &rest).and_then(|()| same::run()),
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

/// Refuses the arguments of a task that has no options.
fn without_options(task: &str, arguments: &[String]) -> Result<(), Failure> {
    match arguments.first() {
        Some(first) => Err(Failure::unknown_option(first, &format!("cargo xtask {task}"))),
        None => Ok(()),
    }
}
