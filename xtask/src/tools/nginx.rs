//! nginx, for the stories of a server behind a proxy.

use std::path::PathBuf;
use std::process::Command;

use super::apt::Apt;
use crate::failure::Failure;
use crate::process;
use crate::steps::say;
use crate::workspace::Workspace;

const CURE: &str = "Install nginx, or name the program in the environment variable NGINX.";

/// Finds nginx, or unpacks Debian's package into `target/xtask`. An installed package would also start a web server on port 80.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let root = workspace.tools.join("nginx");
    if let Some(nginx) = find(&root) {
        return Ok(nginx);
    }
    let Some(apt) = Apt::usable() else {
        return Err(Failure::new("nginx was not found, and apt-get is missing or needs a password", CURE));
    };
    say("Fetching nginx with apt-get (a few seconds)");
    apt.unpack("nginx", &root, CURE)?;
    find(&root).ok_or_else(|| Failure::new("nginx was fetched but does not start", CURE))
}

/// Returns an nginx that starts: the one that `NGINX` names, one on PATH or in Debian's directory, or the unpacked one.
fn find(root: &std::path::Path) -> Option<PathBuf> {
    let mut folders = process::path_folders();
    folders.extend(["/usr/sbin".into(), root.join("usr/sbin")]);
    let named = std::env::var_os("NGINX").filter(|name| !name.is_empty());
    let path = named.map(PathBuf::from).or_else(|| process::find("nginx", &folders))?;
    process::output(Command::new(&path).arg("-v"))?;
    say(&format!("found {}", path.display()));
    Some(path)
}
