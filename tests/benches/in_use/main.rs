//! How the page feels in a real browser with a real server: while a flood of messages comes, when it is opened cold,
//! and with very many messages loaded.
//!
//! `cargo xtask use` builds what is needed and runs it. It only measures; what has to hold whatever the machine does is
//! in the browser stories.
#![allow(clippy::print_stdout, reason = "telling what was measured is what this program is for")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that cannot go on fails")]

mod browser;
mod cold;
mod flood;
mod machine;
mod options;
mod scroll;
mod talk;
mod tasks;
mod trace;

use options::{Options, Wish};

fn main() {
    let options = Options::of_process();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    // What the page does with the machine is measured; the stories' own panics tell where they stopped.
    runtime.block_on(async {
        match options.wish {
            Wish::Flood => flood::run(&options).await,
            Wish::Cold => cold::run(&options).await,
            Wish::Scroll => scroll::run(&options).await,
        }
    });
}
