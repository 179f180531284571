//! Centrifuge. The library's source and Go are from Debian.

use std::process::{Command, Stdio};

use super::{Running, Shop, Site, debian};
use crate::failure::Failure;

/// The library, its dependencies and the compiler.
const PACKAGES: [&str; 25] = [
    "golang-1.19-go",
    "golang-1.19-src",
    "golang-github-beorn7-perks-dev",
    "golang-github-centrifugal-centrifuge-dev",
    "golang-github-centrifugal-protocol-dev",
    "golang-github-cespare-xxhash-dev",
    "golang-github-fzambia-eagle-dev",
    "golang-github-fzambia-sentinel-dev",
    "golang-github-gogo-protobuf-dev",
    "golang-github-golang-protobuf-1-3-dev",
    "golang-github-gomodule-redigo-dev",
    "golang-github-google-uuid-dev",
    "golang-github-gorilla-websocket-dev",
    "golang-github-igm-sockjs-go-dev",
    "golang-github-mna-redisc-dev",
    "golang-github-prometheus-client-golang-dev",
    "golang-github-prometheus-client-model-dev",
    "golang-github-prometheus-common-dev",
    "golang-github-prometheus-procfs-dev",
    "golang-golang-x-net-dev",
    "golang-golang-x-sync-dev",
    "golang-golang-x-sys-dev",
    "golang-golang-x-text-dev",
    "golang-google-protobuf-dev",
    "golang-protobuf-extensions-dev",
];

pub(super) fn install(shop: &Shop) -> Result<String, Failure> {
    debian::unpack(shop, &PACKAGES)?;
    shop.copy("main.go")?;
    let (root, cache) = (shop.folder.join("root"), shop.folder.join("cache"));
    let go_root = root.join("usr/lib/go-1.19");
    let mut go = Command::new(go_root.join("bin/go"));
    go.args(["build", "-o", "server", "main.go"]).current_dir(&shop.folder);
    go.env("GOROOT", &go_root).env("GOPATH", root.join("usr/share/gocode")).env("GO111MODULE", "off");
    shop.run(go.env("GOCACHE", cache))?;
    let show = ["show", "--no-all-versions", "golang-github-centrifugal-centrifuge-dev"];
    let show = shop.run(Command::new("apt-cache").args(show))?;
    let version = show.lines().find_map(|line| line.strip_prefix("Version: ")).unwrap_or("?");
    Ok(format!("{version}, Go 1.19"))
}

pub(super) fn start(shop: &Shop, site: &Site) -> Result<Running, Failure> {
    let mut command = Command::new(shop.folder.join("server"));
    command.stderr(Stdio::inherit());
    Running::start(shop.name, command, None, site)
}
