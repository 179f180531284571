//! Peers that are written in Rust, from crates.io, in a separate workspace.

use std::process::{Command, Stdio};

use super::{Running, Shop, Site};
use crate::failure::Failure;

pub(super) fn install(shop: &Shop, package: &str) -> Result<String, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // Build all of them: separately, cargo would compile shared dependencies once for each set of features.
    build.args(["build", "--release", "--locked"]);
    build.arg("--target-dir").arg(&shop.folder).current_dir(&shop.source);
    shop.run(&mut build)?;
    let lock = std::fs::read_to_string(shop.source.join("Cargo.lock")).unwrap_or_default();
    let (_, entry) = lock.split_once(&format!("name = \"{package}\"\nversion = \"")).unwrap_or_default();
    Ok(entry.split('"').next().unwrap_or("?").to_owned())
}

pub(super) fn start(shop: &Shop, site: &Site) -> Result<Running, Failure> {
    let mut command = Command::new(shop.folder.join("release").join(format!("peer-{}", shop.name)));
    command.stderr(Stdio::inherit());
    Running::start(shop.name, command, None, site)
}
