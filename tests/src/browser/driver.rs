//! chromedriver: one process for all stories of this process.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;

/// Text that chromedriver prints when it is ready. The port follows.
const READY: &str = "started successfully on port ";

/// Kills the driver and its browsers when this process ends for any reason: the pipe to `cat` then closes. A static is
/// not dropped, so they would stay. They are one process group: `kill 0`.
const WATCHED: &str = r#"exec 3<&0; "$0" "$@" 3<&- & cat <&3 >/dev/null; kill 0"#;

/// Returns the driver's address. The first call starts it on a free port.
pub(super) fn url() -> &'static str {
    static DRIVER: OnceLock<(String, Mutex<Child>)> = OnceLock::new();
    &DRIVER.get_or_init(start).0
}

fn start() -> (String, Mutex<Child>) {
    let program = program("CHROMEDRIVER", "chromedriver");
    let mut shell = Command::new("sh");
    shell.args(["-c", WATCHED]).arg(&program).arg("--port=0");
    shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = shell.spawn().expect("a shell");
    let mut lines =
        BufReader::new(child.stdout.take().expect("its output is a pipe")).lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        let (_, port) = line.split_once(READY)?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    let Some(port) = port else {
        panic!("{} does not start; install it, or name another with CHROMEDRIVER", program.display());
    };
    // Read to the end, so that the pipe never fills up.
    thread::spawn(move || lines.for_each(drop));
    (format!("http://127.0.0.1:{port}"), Mutex::new(child))
}

/// Returns the program that a variable names, or else the one of this name on PATH.
pub(super) fn program(variable: &str, name: &str) -> OsString {
    std::env::var_os(variable).filter(|value| !value.is_empty()).unwrap_or_else(|| name.into())
}
