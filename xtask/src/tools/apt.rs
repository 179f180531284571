//! Debian's packages, installed where this may be done without asking.

use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// apt-get, as root or through a sudo that asks for no password.
pub(super) struct Apt {
    sudo: bool,
}

impl Apt {
    /// Nothing where it is missing, or may not install.
    pub(super) fn usable() -> Option<Self> {
        process::find("apt-get", &process::path_folders())?;
        if process::output(Command::new("id").arg("-u"))?.trim() == "0" {
            return Some(Self { sudo: false });
        }
        process::output(Command::new("sudo").args(["-n", "true"])).map(|_| Self { sudo: true })
    }

    /// Installs packages; `cure` is what helps where that fails.
    pub(super) fn install(&self, packages: &[&str], cure: &str) -> Result<(), Failure> {
        // A list that cannot be refreshed may still name the packages, so only the installation decides.
        let _ = process::succeeds(self.command().args(["-qq", "update"]));
        let mut install = self.command();
        // Without a terminal of its own dpkg prints lines, not a moving progress bar.
        install
            .args(["-qq", "-y", "-o", "Dpkg::Use-Pty=0", "install", "--no-install-recommends"])
            .args(packages);
        process::must(&mut install, cure)
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
