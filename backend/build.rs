//! Has the server built again when the app that it carries has changed.
#![allow(clippy::print_stdout, reason = "how a build script speaks to cargo")]

use std::path::Path;

const APP: &str = "../frontend/dist";

fn main() {
    // rust-embed resolves the folder at compile time: a debug server that is compiled before the folder exists never finds the app.
    // If it cannot be created, the server has no app.
    let _ = std::fs::create_dir_all(APP);
    // A debug build reads the app for each request.
    let carries_app = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let watched = match (carries_app, Path::new(APP).exists()) {
        (false, _) => "build.rs",
        (true, true) => APP,
        // With a path that does not exist, cargo would build everything again each time.
        (true, false) => "../frontend",
    };
    println!("cargo:rerun-if-changed={watched}");
}
