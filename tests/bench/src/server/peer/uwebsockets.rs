//! uWebSockets. A crate contains its C++ sources, which are compiled here together with a server for this bench.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Running, Shop, Site};
use crate::failure::Failure;
use crate::server::running::free_port;

const CRATE: &str = "libuwebsockets-sys";
const VERSION: &str = "0.0.10";

/// Options of its own makefile, without TLS and compression, which the bench does not use.
const FLAGS: [&str; 3] = ["-O3", "-flto", "-DLIBUS_NO_SSL"];

pub(super) fn install(shop: &Shop) -> Result<String, Failure> {
    let sources = shop.folder.join("vendor").join(CRATE).join("uWebSockets");
    let same = |file: &str| {
        let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap_or_default();
        read(&shop.folder) == read(&shop.source)
    };
    if !same("Cargo.toml") || !sources.is_dir() {
        shop.copy("Cargo.toml")?;
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        shop.run(Command::new(cargo).args(["vendor", "--quiet", "vendor"]).current_dir(&shop.folder))?;
    }
    if !same("server.cpp") || !shop.folder.join("server").is_file() {
        compile(shop, &sources)?;
        shop.copy("server.cpp")?;
    }
    Ok(format!("of early 2024, as {CRATE} {VERSION} has it"))
}

fn compile(shop: &Shop, sources: &Path) -> Result<(), Failure> {
    let (library, objects) = (sources.join("uSockets/src"), shop.folder.join("objects"));
    std::fs::create_dir_all(&objects).map_err(Failure::io("making a folder for objects"))?;
    let mut gcc = Command::new("gcc");
    gcc.args(FLAGS).arg("-I").arg(&library).arg("-c").current_dir(&objects);
    gcc.args(files(&library, "c")?).args(files(&library.join("eventing"), "c")?);
    shop.run(&mut gcc)?;
    let mut gxx = Command::new("g++");
    gxx.args(FLAGS).args(["-std=c++20", "-DUWS_NO_ZLIB"]).arg("-I").arg(&library);
    gxx.arg("-I").arg(sources.join("src")).arg(shop.source.join("server.cpp")).args(files(&objects, "o")?);
    shop.run(gxx.arg("-o").arg(shop.folder.join("server"))).map(|_| ())
}

/// Returns the files of a folder that have this extension.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let listed = std::fs::read_dir(folder).map_err(Failure::io("reading a folder of sources"))?;
    let paths = listed.flatten().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension() == Some(OsStr::new(extension))).collect())
}

pub(super) fn start(shop: &Shop, site: &Site) -> Result<Running, Failure> {
    let mut command = Command::new(shop.folder.join("server"));
    command.arg(free_port()?.port().to_string()).stderr(Stdio::inherit());
    Running::start(shop.name, command, None, site)
}
