//! Installs Debian's packages, if that needs no password.

use std::path::Path;
use std::process::Command;

use super::consent;
use crate::failure::Failure;
use crate::process;

/// apt-get, as root or through a sudo without a password.
pub(super) struct Apt {
    sudo: bool,
}

impl Apt {
    /// Returns `None` if apt-get is missing or may not install.
    pub(super) fn usable() -> Option<Self> {
        process::find("apt-get", &process::path_folders())?;
        if process::output(Command::new("id").arg("-u"))?.trim() == "0" {
            return Some(Self { sudo: false });
        }
        process::output(Command::new("sudo").args(["-n", "true"])).map(|_| Self { sudo: true })
    }

    /// Installs packages, after asking. `cure` is the advice if that fails.
    pub(super) fn install(&self, packages: &[&str], cure: &str) -> Result<(), Failure> {
        consent::ask(&packages.join(" and "), "apt-get", cure)?;
        // If the update fails, the old list may still have the packages, so only the installation decides.
        let _ = process::succeeds(self.command().args(["-qq", "update"]));
        let mut install = self.command();
        // Without a terminal of its own dpkg prints lines, not a moving progress bar.
        install
            .args(["-qq", "-y", "-o", "Dpkg::Use-Pty=0", "install", "--no-install-recommends"])
            .args(packages);
        process::must(&mut install, cure)
    }

    /// Unpacks a package into the directory `root` without installing it. Asks only if that needs a newer list of packages. `cure` is
    /// the advice if that fails.
    pub(super) fn unpack(&self, package: &str, root: &Path, cure: &str) -> Result<(), Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(format!("{} cannot be created: {error}", root.display()), cure)
        };
        let archives = root.join("archives");
        std::fs::create_dir_all(&archives).map_err(failed)?;
        // Without sudo: as another user, apt-get could not write to the folder.
        let mut download = Command::new("apt-get");
        download.args(["-qq", "download", package]).current_dir(&archives);
        if !process::succeeds(&mut download)? {
            // The system's list of packages may be missing or old.
            consent::ask("a newer list of packages", "apt-get", cure)?;
            let _ = process::succeeds(self.command().args(["-qq", "update"]));
            process::must(&mut download, cure)?;
        }
        for archive in std::fs::read_dir(&archives).map_err(failed)?.flatten() {
            process::must(Command::new("dpkg-deb").arg("-x").arg(archive.path()).arg(root), cure)?;
        }
        std::fs::remove_dir_all(&archives).map_err(failed)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(if self.sudo { "sudo" } else { "env" });
        if self.sudo {
            command.args(["-n", "env"]);
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command
    }
}
