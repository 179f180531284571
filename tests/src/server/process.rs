//! Starts, signals and ends the process of a server.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::oneshot;

use super::binary::program;
use super::log::ServerLog;
use super::settings::Settings;
use crate::deadline::DEADLINE;

/// The data directory's name in the server's home directory.
pub(super) const DATA: &str = "data";

/// The server's first line on stdout, up to its address.
const LISTENING: &str = "listening on http://";

/// The process of a running server. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Kills the server if this process is killed: its stdin then closes.
    undertaker: Child,
}

impl Process {
    /// Starts a server and waits for the line that names its address.
    pub(super) async fn start(
        settings: &Settings,
        home: &Path,
        listen: SocketAddr,
        log: &ServerLog,
    ) -> Result<(Self, SocketAddr), String> {
        let mut command = command(settings, home);
        command.arg("--listen").arg(listen.to_string());
        if settings.data.is_none() {
            command.arg("--data").arg(home.join(DATA));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().map_err(|e| format!("{} cannot be started: {e}", program().display()))?;
        log.follow(child.stderr.take().expect("its error output is a pipe"));
        let first_line = first_line(child.stdout.take().expect("its output is a pipe"));
        let undertaker = undertaker_of(&child);
        let mut process = Self { child, undertaker };
        let first_line = match tokio::time::timeout(DEADLINE, first_line).await {
            Ok(Ok(line)) => line,
            Ok(Err(_)) => {
                return Err(format!("the server ended before it named its address\n{}", log.tail()));
            }
            Err(_) => return Err(format!("the server does not name its address\n{}", log.tail())),
        };
        let address = first_line.strip_prefix(LISTENING).and_then(|address| address.parse().ok());
        match address {
            Some(address) => Ok((process, address)),
            None => {
                process.kill();
                Err(format!("the first line is “{first_line}”, not {LISTENING}ADDRESS:PORT"))
            }
        }
    }

    /// Asks the process to stop (SIGTERM).
    pub fn ask_to_stop(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        // If it has already ended, there is no process to signal.
        let _ = kill_process(self.pid(), signal);
    }

    /// Suspends the process (SIGSTOP), as a machine that swaps or sleeps does. Its sockets stay open.
    pub fn freeze(&self) {
        kill_process(self.pid(), Signal::STOP).expect("the server can be suspended");
    }

    /// Resumes the process (SIGCONT).
    pub fn thaw(&self) {
        kill_process(self.pid(), Signal::CONT).expect("the server can be resumed");
    }

    /// Returns the exit status if the process has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the child's state can be read")
    }

    /// Kills the process (SIGKILL).
    pub fn kill(&mut self) {
        // End the undertaker first: after the server has ended, another process may get its process id.
        let _ = self.undertaker.kill();
        let _ = self.undertaker.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sets the largest file size in bytes, which makes the disk look full to the server. `None` removes the limit.
    #[cfg(target_os = "linux")]
    pub fn limit_files(&self, bytes: Option<u64>) {
        use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
        let maximum = getrlimit(Resource::Fsize).maximum;
        let limit = Rlimit { current: bytes.or(maximum), maximum };
        prlimit(Some(self.pid()), Resource::Fsize, limit).expect("a child's limits can be set");
    }

    /// Returns the resident memory in KiB.
    #[cfg(target_os = "linux")]
    pub fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// Returns the peak of the resident memory since the start, in KiB.
    #[cfg(target_os = "linux")]
    pub fn most_resident_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    #[cfg(target_os = "linux")]
    fn status_kib(&self, name: &str) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find(|line| line.starts_with(name)).expect("the kernel reports the value");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number of KiB")
    }

    /// Returns duplicates of the sockets of its open connections: the same sockets, not new ones to the same peers.
    #[cfg(target_os = "linux")]
    pub fn connections(&self) -> Vec<std::net::TcpStream> {
        use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
        let process = pidfd_open(self.pid(), PidfdFlags::empty()).expect("a pidfd of the child");
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("its open files");
        let numbers = open.filter_map(|file| file.ok()?.file_name().to_str()?.parse().ok());
        // Skip a descriptor that was closed since the directory was read.
        let files = numbers.filter_map(|number| pidfd_getfd(&process, number, PidfdGetfdFlags::empty()).ok());
        files.map(std::net::TcpStream::from).filter(|stream| stream.peer_addr().is_ok()).collect()
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs the program to its end in `folder`, for a command other than `serve`.
pub async fn run_to_end<S: AsRef<OsStr>>(settings: &Settings, folder: &Path, arguments: &[S]) -> Output {
    let mut command = tokio::process::Command::from(command(settings, folder));
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(DEADLINE, command.output()).await;
    ended.expect("the program ends in time").expect("the program can be started")
}

/// Starts a process that waits for the end of this one, and then kills `process`.
pub(crate) fn undertaker_of(server: &Child) -> Child {
    let mut shell = Command::new("sh");
    // It has its own process group, because an interrupt from the keyboard would end it before its work.
    shell.args(["-c", "read -r _; kill -9 \"$0\""]).arg(server.id().to_string()).process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell")
}

/// The program, started in its home directory without this process's `TIDINGS_*` variables.
fn command(settings: &Settings, home: &Path) -> Command {
    let mut before = String::new();
    if let Some(files) = settings.open_files_max {
        before += &format!("ulimit -n {files}; ");
    }
    let mut command = if before.is_empty() {
        Command::new(program())
    } else {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{before}exec \"$0\" \"$@\"")]).arg(program());
        shell
    };
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| name.starts_with("TIDINGS_") || name == "RUST_LOG");
        if ours {
            command.env_remove(name);
        }
    }
    command.current_dir(home).args(&settings.flags);
    command.envs(settings.variables.iter().map(|(name, value)| (name, value)));
    if let Some(config) = &settings.config {
        let file = home.join("config.toml");
        std::fs::write(&file, config).expect("the config file can be written");
        command.arg("--config").arg(file);
    }
    command
}

/// Returns the first line of an output. The rest is read and dropped, so that the pipe never fills up.
fn first_line(output: ChildStdout) -> oneshot::Receiver<String> {
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        if let Some(line) = lines.next() {
            // The receiver may be dropped.
            let _ = tell.send(line);
        }
        lines.for_each(drop);
    });
    told
}
