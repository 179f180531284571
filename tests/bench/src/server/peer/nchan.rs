//! nchan, from Debian's package for Debian's nginx.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Running, Shop, Site, debian};
use crate::failure::Failure;
use crate::server::running::free_port;

/// nginx with nchan creates a folder in this one at each start, regardless of its settings.
const STATE: &str = "/var/lib/nginx";

pub(super) fn install(shop: &Shop) -> Result<String, Failure> {
    debian::unpack(shop, &["nginx", "libnginx-mod-nchan"])?;
    if !Path::new(STATE).is_dir() {
        std::fs::create_dir(STATE)
            .map_err(|error| shop.failed(format!("{STATE} cannot be made: {error}")))?;
    }
    let show =
        shop.run(Command::new("apt-cache").args(["show", "--no-all-versions", "libnginx-mod-nchan"]))?;
    let version = show.lines().find_map(|line| line.strip_prefix("Version: ")).unwrap_or("?");
    Ok(format!("{version}, Debian's nginx"))
}

pub(super) fn start(shop: &Shop, site: &Site) -> Result<Running, Failure> {
    let (root, address) = (shop.folder.join("root"), free_port()?);
    let module = root.join("usr/lib/nginx/modules/ngx_nchan_module.so");
    let settings = shop.fill(
        "nginx.conf",
        &[
            ("FOLDER", &shop.folder.to_string_lossy()),
            ("MODULE", &module.to_string_lossy()),
            ("PORT", &address.port().to_string()),
        ],
    )?;
    let mut command = Command::new(root.join("usr/sbin/nginx"));
    // nginx logs to stderr only before it has read its settings. Those lines do not concern the settings.
    command.arg("-p").arg(&shop.folder).arg("-c").arg(settings).stderr(Stdio::null());
    Running::start_at(shop.name, command, address, None, site)
}
