//! Swoole. Debian, PyPI and npm do not have it, so it is measured only if PHP has it already.

use std::process::{Command, Stdio};

use super::{Running, Shop, Site};
use crate::failure::Failure;

const MISSING: &str = "PHP has no Swoole here, and neither Debian, PyPI nor npm carries it; \
                       with PECL: `pecl install swoole`";

pub(super) fn install(shop: &Shop) -> Result<String, Failure> {
    let loaded =
        "echo extension_loaded('swoole') && extension_loaded('sockets') ? phpversion('swoole') : '';";
    let version = shop.run(Command::new("php").args(["-r", loaded])).map_err(|_| shop.failed(MISSING))?;
    if version.trim().is_empty() { Err(shop.failed(MISSING)) } else { Ok(version.trim().to_owned()) }
}

pub(super) fn start(shop: &Shop, site: &Site) -> Result<Running, Failure> {
    let mut command = Command::new("php");
    command.arg(shop.source.join("server.php")).stderr(Stdio::inherit());
    Running::start(shop.name, command, None, site)
}
