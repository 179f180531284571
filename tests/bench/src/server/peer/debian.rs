//! Unpacks Debian's packages into a folder. This needs no installation and no root rights.

use std::process::Command;

use super::Shop;
use crate::failure::Failure;

/// Unpacks packages into the peer's `root`, unless the last call unpacked the same packages.
pub(super) fn unpack(shop: &Shop, packages: &[&str]) -> Result<(), Failure> {
    let (root, note) = (shop.folder.join("root"), shop.folder.join("packages"));
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&note).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    let _ = std::fs::remove_dir_all(&root);
    let archives = shop.folder.join("archives");
    let _ = std::fs::remove_dir_all(&archives);
    std::fs::create_dir_all(&archives).map_err(Failure::io("making a folder for packages"))?;
    let mut download = Command::new("apt-get");
    download.args(["-qq", "download"]).args(packages).current_dir(&archives);
    let advice = "; `apt-get update` may help";
    shop.run(&mut download).map_err(|failure| shop.failed(format!("{failure}{advice}")))?;
    let found = std::fs::read_dir(&archives).map_err(Failure::io("reading a folder of packages"))?;
    for archive in found.flatten() {
        shop.run(Command::new("dpkg-deb").arg("-x").arg(archive.path()).arg(&root))?;
    }
    // The archives are no longer needed.
    let _ = std::fs::remove_dir_all(&archives);
    std::fs::write(note, wanted).map_err(Failure::io("recording the unpacked packages"))
}
