//! Processor time and memory of a process and all its children, from `/proc`.

use std::collections::HashMap;
use std::time::Duration;

use nix::time::ClockId;
use rustix::process::{Pid, Signal, kill_process};

/// Ticks a second in `/proc`. The kernel promises this number to programs, whatever its own clock is.
const TICKS_PER_SECOND: u64 = 100;

/// A program's processes.
#[derive(Debug, Clone, Copy)]
pub struct Tree {
    root: u32,
}

impl Tree {
    /// The process and all its descendants.
    pub fn of(root: u32) -> Self {
        Self { root }
    }

    /// The processor time that all of them have used, for themselves and in the kernel, to the nanosecond: with that of threads that
    /// have ended. Of children that have ended it is counted in ticks of 10 ms.
    pub fn cpu(self) -> Duration {
        self.members().into_iter().filter_map(|process| Some(clock(process)? + ended(process)?)).sum()
    }

    /// The memory that all of them have in use (VmRSS), in KiB.
    pub fn memory_kib(self) -> u64 {
        self.members().into_iter().filter_map(|process| status_kib(process, "VmRSS:")).sum()
    }

    /// The most that they had in use at a time (VmHWM), in KiB.
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

    /// How many processes there are.
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

/// The pages of memory that the kernel holds for TCP's buffers, in KiB.
pub fn tcp_memory_kib() -> u64 {
    const PAGE_KIB: u64 = 4;
    let text = std::fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("TCP:")).unwrap_or_default();
    let mut words = line.split(' ').skip_while(|word| *word != "mem");
    words.nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * PAGE_KIB
}

/// The fields of `/proc/N/stat` behind the program's name, which may hold blanks and brackets.
fn fields(process: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect())
}

/// The process's own clock of processor time. utime and stime are the same sum, in whole ticks; `schedstat` is that of the threads
/// that are still there.
fn clock(process: u32) -> Option<Duration> {
    let process = nix::unistd::Pid::from_raw(i32::try_from(process).ok()?);
    Some(ClockId::pid_cpu_clock_id(process).ok()?.now().ok()?.into())
}

/// cutime and cstime: what children have used that have ended.
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
            assert!(Instant::now() < until, "it is still there");
        }
    }

    /// Whether all that is left of it is its number, because nobody has asked how it ended.
    fn is_dead(process: u32) -> bool {
        fields(process).is_none_or(|fields| fields[0] == "Z")
    }

    #[test]
    fn work_of_threads_that_have_ended_is_counted_to_less_than_a_tick() {
        let (this, tick) = (std::process::id(), Duration::from_millis(1000 / TICKS_PER_SECOND));
        let tree = Tree::of(this);
        let begun = tree.cpu();
        // Each thread ends far within a tick, and all of them together are many ticks.
        let mut finest = tick;
        while tree.cpu() < begun + tick * 10 {
            let before = tree.cpu();
            std::thread::spawn(|| (0..10_000_u64).fold(0, |sum, number| std::hint::black_box(sum ^ number)))
                .join()
                .unwrap();
            // A thread so short may begin and end between two readings of the kernel's clock: such a step says nothing.
            let step = tree.cpu().saturating_sub(before);
            if !step.is_zero() {
                finest = finest.min(step);
            }
        }
        assert!(finest < tick, "{finest:?}");
    }
}
