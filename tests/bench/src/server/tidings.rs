//! Tidings, as it is released.

use std::process::{Command, Stdio};

use super::{Running, Site, fresh_folder};
use crate::failure::Failure;

/// `log` is like `room`, but without presence: the cost of presence is a separate figure.
const CONFIG: &str = "[namespaces.log]\nhistory = true\npresence = false\n";

/// On a busy machine a thousand simultaneous clients may send hello late; the server must not close them.
const HELLO_MS: &str = "120000";

/// Version and checked-out commit. Ignores changes of the documents, because a run writes them.
pub(super) fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else { return version.to_owned() };
    let changed = git(&["status", "--porcelain", "--", ":/", ":(exclude,top)docs"]);
    let mark = if changed.is_none_or(|files| files.is_empty()) { "" } else { "-dirty" };
    format!("{version} {commit}{mark}")
}

/// Output of git, or `None` if git is missing or fails.
fn git(arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::null());
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

pub(super) fn start(name: &str, workers: u32, durability: &str, site: &Site) -> Result<Running, Failure> {
    let folder = fresh_folder(&site.scratch, name)?;
    let config = folder.join("tidings.toml");
    std::fs::write(&config, CONFIG).map_err(Failure::io("writing the server's settings"))?;
    let mut command = Command::new(site.program("tidings"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--message-rate", "0", "--log", "error"])
        .args(["--workers", &workers.to_string(), "--subscriptions-max", "1000"])
        .args(["--durability", durability, "--hello-ms", HELLO_MS])
        .arg("--data")
        .arg(&folder)
        .arg("--config")
        .arg(&config)
        .stderr(Stdio::inherit());
    Running::start(name, command, Some(folder), site)
}
