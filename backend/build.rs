//! Has the server built again when the page that it carries has changed.
#![allow(clippy::print_stdout, reason = "how a build script speaks to cargo")]

use std::path::Path;

const PAGE: &str = "../frontend/dist";

fn main() {
    // A debug build reads the page when it is asked for it.
    let carries_page = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let watched = match (carries_page, Path::new(PAGE).exists()) {
        (false, _) => "build.rs",
        (true, true) => PAGE,
        // A path that is not there would have everything built again each time.
        (true, false) => "../frontend",
    };
    println!("cargo:rerun-if-changed={watched}");
}
