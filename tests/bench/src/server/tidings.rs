//! Our own server, as it is released.

use std::process::{Command, Stdio};

use super::{Running, Site, fresh_folder};
use crate::failure::Failure;

pub(super) fn start(name: &str, durability: &str, site: &Site) -> Result<Running, Failure> {
    let folder = fresh_folder(&site.scratch, name)?;
    let mut command = Command::new(site.program("tidings"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--workers", "1", "--message-rate", "0", "--log", "error"])
        .args(["--durability", durability, "--data"])
        .arg(&folder)
        .stderr(Stdio::inherit());
    Running::start(name, command, Some(folder), site)
}
