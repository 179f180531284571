//! Processor time and memory of a process and all its children, from `/proc`.

use std::collections::HashMap;
use std::time::Duration;

use nix::time::ClockId;
use rustix::process::{Pid, Signal, kill_process};

/// Ticks per second in `/proc`. The kernel promises this number to programs, whatever its own clock rate is.
const TICKS_PER_SECOND: u64 = 100;

/// A program's processes.
#[derive(Debug, Clone, Copy)]
pub struct Tree {
    root: u32,
}

impl Tree {
    /// Returns the process and all its descendants.
    pub fn of(root: u32) -> Self {
        Self { root }
    }

    /// Returns the processor time of all of them, including that in the kernel and that of threads that have ended. The
    /// resolution is a nanosecond, but 10 ms for children that have ended.
    pub fn cpu(self) -> Duration {
        self.members().into_iter().filter_map(|process| Some(clock(process)? + ended(process)?)).sum()
    }

    /// Returns the memory that all of them use (VmRSS), in KiB.
    pub fn memory_kib(self) -> u64 {
        self.members().into_iter().filter_map(|process| status_kib(process, "VmRSS:")).sum()
    }

    /// Returns the sum of their memory peaks (VmHWM), in KiB.
    pub fn memory_peak_kib(self) -> u64 {
        self.members().into_iter().filter_map(|process| status_kib(process, "VmHWM:")).sum()
    }

    /// Kills all of them. Ignores processes that have already ended.
    pub fn kill(self) {
        for process in self.members() {
            if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
                let _ = kill_process(process, Signal::KILL);
            }
        }
    }

    /// Returns the number of processes.
    pub fn count(self) -> usize {
        self.members().len()
    }

    fn members(self) -> Vec<u32> {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let parents: HashMap<u32, u32> =
            numbers.filter_map(|process| Some((process, fields(process)?.get(1)?.parse().ok()?))).collect();
        let descends = |process: &u32| {
            let mut ancestor = Some(process);
            while let Some(this) = ancestor {
                if *this == self.root {
                    return true;
                }
                ancestor = parents.get(this);
            }
            false
        };
        parents.keys().filter(|process| descends(process)).copied().collect()
    }
}

/// Returns the memory of the kernel's TCP buffers, in KiB.
pub fn tcp_memory_kib() -> u64 {
    const PAGE_KIB: u64 = 4;
    let text = std::fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("TCP:")).unwrap_or_default();
    let mut words = line.split(' ').skip_while(|word| *word != "mem");
    words.nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * PAGE_KIB
}

/// Returns the fields of `/proc/N/stat` after the program's name, which may contain spaces and brackets.
fn fields(process: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect())
}

/// Returns the process's own CPU clock. utime and stime have the same sum in whole ticks. `schedstat` has only the
/// threads that still exist.
fn clock(process: u32) -> Option<Duration> {
    let process = nix::unistd::Pid::from_raw(i32::try_from(process).ok()?);
    Some(ClockId::pid_cpu_clock_id(process).ok()?.now().ok()?.into())
}

/// Returns the processor time of children that have ended (cutime and cstime).
fn ended(process: u32) -> Option<Duration> {
    let fields = fields(process)?;
    let ticks: u64 = fields.get(13..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

fn status_kib(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    use std::time::Instant;

    #[test]
    fn children_count_and_are_killed_with_their_parent() {
        // The shell prints its child's id and waits for it.
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 600 & echo $!; wait"]).stdout(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (tree, sleeper) = (Tree::of(shell.id()), line.trim().parse().unwrap());
        assert_eq!(tree.count(), 2);
        assert!(tree.memory_kib() > Tree::of(sleeper).memory_kib());
        tree.kill();
        shell.wait().unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        while !is_dead(sleeper) {
            assert!(Instant::now() < until, "the child is still running");
        }
    }

    /// Returns whether it has ended. A zombie has ended: only its process id is left, until its parent waits for it.
    fn is_dead(process: u32) -> bool {
        fields(process).is_none_or(|fields| fields[0] == "Z")
    }

    #[test]
    fn work_of_threads_that_have_ended_is_counted_to_less_than_a_tick() {
        let (this, tick) = (std::process::id(), Duration::from_millis(1000 / TICKS_PER_SECOND));
        let tree = Tree::of(this);
        let begun = tree.cpu();
        // Each thread runs for far less than a tick. All of them together run for many ticks.
        let mut finest = tick;
        while tree.cpu() < begun + tick * 10 {
            let before = tree.cpu();
            std::thread::spawn(|| (0..10_000_u64).fold(0, |sum, number| std::hint::black_box(sum ^ number)))
                .join()
                .unwrap();
            // Such a short thread may run between two readings of the kernel's clock. Skip a step of zero.
            let step = tree.cpu().saturating_sub(before);
            if !step.is_zero() {
                finest = finest.min(step);
            }
        }
        assert!(finest < tick, "{finest:?}");
    }
}
