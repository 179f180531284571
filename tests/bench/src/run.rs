//! Runs the selected scenarios against the selected servers, several times in alternation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::failure::Failure;
use crate::machine::Machine;
use crate::machine::cores::Cores;
use crate::options::RunOptions;
use crate::record::{self, Record};
use crate::scenario::{self, Scenario, Span};
use crate::server::{Site, Subject};

/// Measures. Calls `tell` with each record after it is written to the file.
///
/// # Errors
/// If a name is unknown, or if a file cannot be written. A failed server is a record, not an error.
pub fn run(options: &RunOptions, mut tell: impl FnMut(&Record)) -> Result<PathBuf, Failure> {
    let scenarios = named(&options.scenarios, Scenario::named, scenario::ALL)?;
    let subjects = named(&options.servers, Subject::named, &Subject::ALL)?;
    let programs = programs()?;
    let folder = programs.parent().unwrap_or(Path::new(".")).join("bench");
    let cores = Cores::find();
    let site = Site { scratch: folder.join("scratch"), peers: folder.join("peers"), programs, cores };
    let out = options.out.clone().unwrap_or_else(|| folder.join("results.jsonl"));
    std::fs::create_dir_all(out.parent().unwrap_or(Path::new(".")))
        .map_err(Failure::io("making a folder"))?;
    open_many_files();
    // The name of the result file says nothing about the figures.
    let command = std::env::args().skip(2).collect::<Vec<_>>().join(" ");
    let versions = install(&subjects, &site);
    // Read this before the thread is limited to one core.
    let machine = Machine::here();
    if let Some(cores) = site.cores {
        cores.take_own();
    }
    let span = span(options);
    for scenario in &scenarios {
        let subjects: Vec<Subject> =
            subjects.iter().copied().filter(|subject| scenario.fits(*subject)).collect();
        for run in 1..=if options.quick { 1 } else { options.repeat } {
            for subject in in_turn(&subjects, run) {
                let version = &versions[subject.name()];
                let result = version.clone().and_then(|_| {
                    let measured =
                        subject.start(&site).and_then(|server| scenario.run(subject, &server, &span));
                    measured.map_err(|failure| failure.to_string())
                });
                let (measured, failure) = match result {
                    Ok(measured) => (Some(measured), None),
                    Err(failure) => (None, Some(failure)),
                };
                let record = Record {
                    scenario: scenario.name.to_owned(),
                    server: subject.name().to_owned(),
                    version: version.clone().unwrap_or_default(),
                    run,
                    pair: String::new(),
                    quick: options.quick,
                    command: command.clone(),
                    at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
                    machine: machine.clone(),
                    measured,
                    failure,
                };
                record::append(&out, &record)?;
                tell(&record);
            }
        }
    }
    Ok(out)
}

/// Order of the servers in a round. Every second round reverses it, so that a drift of the machine affects all servers
/// equally.
fn in_turn(subjects: &[Subject], run: u32) -> Vec<Subject> {
    let mut subjects = subjects.to_vec();
    if run.is_multiple_of(2) {
        subjects.reverse();
    }
    subjects
}

/// Installs missing programs. Returns each server's version, or the reason why it cannot be measured.
fn install(subjects: &[Subject], site: &Site) -> BTreeMap<&'static str, Result<String, String>> {
    let install = |subject: &Subject| {
        if !subject.is_ours() {
            eprintln!("Looking for {}", subject.name());
        }
        let version = subject.install(site).map_err(|failure| failure.to_string());
        if let Err(why) = &version {
            eprintln!("  {why}");
        }
        (subject.name(), version)
    };
    subjects.iter().map(install).collect()
}

fn span(options: &RunOptions) -> Span {
    let span = if options.quick { Span::QUICK } else { Span::FULL };
    let churn = options.churn_seconds.map_or(span.churn, Duration::from_secs);
    let measure = options.seconds.map_or(span.measure, Duration::from_secs);
    Span { frame_bytes: options.frame_bytes, churn, measure, ..span }
}

fn named<T: Copy>(names: &[String], find: impl Fn(&str) -> Option<T>, all: &[T]) -> Result<Vec<T>, Failure> {
    if names.is_empty() {
        return Ok(all.to_vec());
    }
    let unknown = |name| Failure::Server(format!("nothing is called {name}; see `cargo xtask bench list`"));
    names.iter().map(|name| find(name).ok_or_else(|| unknown(name))).collect()
}

/// The folder that cargo has built this program, and the others, into.
fn programs() -> Result<PathBuf, Failure> {
    let this = std::env::current_exe().map_err(Failure::io("finding this program"))?;
    Ok(this.parent().unwrap_or(Path::new(".")).to_path_buf())
}

/// Raises the limit of open files to the system's maximum, for this program and the servers that it starts.
fn open_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // If the system refuses, the scenarios that need more files report it.
    let _ = setrlimit(Resource::Nofile, limit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_goes_back_where_the_one_before_it_went_forth() {
        let (a, b, c) = (Subject::Tidings, Subject::TidingsFull, Subject::Reference);
        assert_eq!(in_turn(&[a, b, c], 1), [a, b, c]);
        assert_eq!(in_turn(&[a, b, c], 2), [c, b, a]);
        assert_eq!(in_turn(&[a, b, c], 3), [a, b, c]);
    }
}
