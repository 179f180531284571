//! The reference server, which is a command of this program.

use std::process::Command;

use super::{Running, Site};
use crate::failure::Failure;

pub(super) fn start(name: &str, options: &[&str], site: &Site) -> Result<Running, Failure> {
    let mut command = Command::new(site.program("bench"));
    command.arg("reference").args(options);
    Running::start(name, command, None, site)
}
