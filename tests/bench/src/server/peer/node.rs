//! Peers that run on Node.js, from npm.

use std::process::{Command, Stdio};

use super::{Running, Shop, Site};
use crate::failure::Failure;

/// Installs the version in the peer's `package.json`. Runs npm only if the file has changed or the package is missing.
pub(super) fn install(shop: &Shop, package: &str) -> Result<String, Failure> {
    let wanted = std::fs::read(shop.source.join("package.json")).unwrap_or_default();
    let installed = shop.folder.join("node_modules").join(package).join("package.json");
    let same = std::fs::read(shop.folder.join("package.json")).is_ok_and(|found| found == wanted);
    if !same || !installed.is_file() {
        shop.copy("package.json")?;
        let mut npm = Command::new("npm");
        // No package needs its install scripts.
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        shop.run(npm.current_dir(&shop.folder))?;
    }
    shop.copy("server.js")?;
    let read = std::fs::read(&installed).map_err(Failure::io("reading a package's version"))?;
    let version: serde_json::Value = serde_json::from_slice(&read).unwrap_or_default();
    let node = shop.run(Command::new("node").arg("--version"))?;
    Ok(format!("{}, Node {}", version["version"].as_str().unwrap_or("?"), node.trim()))
}

pub(super) fn start(shop: &Shop, site: &Site) -> Result<Running, Failure> {
    let mut command = Command::new("node");
    command.arg("server.js").current_dir(&shop.folder).stderr(Stdio::inherit());
    Running::start(shop.name, command, None, site)
}
