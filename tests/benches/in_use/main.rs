//! How the page performs in a real browser with a real server: during a flood of messages, over a long one, when it is opened cold, and
//! with very many messages loaded.
//!
//! `cargo xtask use` builds what is needed and runs it. It only measures; the browser stories check what must hold on any
//! machine.
#![allow(clippy::print_stdout, reason = "this program prints its measurements")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that cannot go on fails")]

#[cfg(unix)]
mod browser;
#[cfg(unix)]
mod cold;
#[cfg(unix)]
mod flood;
#[cfg(unix)]
mod heap;
mod machine;
#[cfg(unix)]
mod options;
#[cfg(unix)]
mod scroll;
#[cfg(unix)]
mod talk;
#[cfg(unix)]
mod tasks;
#[cfg(unix)]
mod trace;

#[cfg(unix)]
use options::{Options, Wish};

#[cfg(unix)]
fn main() {
    let options = Options::of_process();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    // The page is measured; if a story panics, the message says where it stopped.
    runtime.block_on(async {
        match options.wish {
            Wish::Flood => flood::run(&options).await,
            Wish::Heap => heap::run(&options).await,
            Wish::Cold => cold::run(&options).await,
            Wish::Scroll => scroll::run(&options).await,
        }
    });
}

/// The harness of the stories needs Unix.
#[cfg(not(unix))]
fn main() {
    println!("Nothing is measured: the harness runs on Linux and macOS only.");
}
