//! Runs what was asked for: each scenario, against each server, several times in turn.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::failure::Failure;
use crate::machine::Machine;
use crate::machine::cores::Cores;
use crate::options::RunOptions;
use crate::record::{self, Measured, Record};
use crate::scenario::{self, Scenario, Span};
use crate::server::{Site, Subject};

/// Measures. `tell` is given each record as soon as it is there; it is in the file by then.
///
/// # Errors
/// A name that is none, or a file that cannot be written. A server that fails is in the records instead.
pub fn run(options: &RunOptions, mut tell: impl FnMut(&Record)) -> Result<PathBuf, Failure> {
    let scenarios = named(&options.scenarios, Scenario::named, scenario::ALL)?;
    let subjects = named(&options.servers, Subject::named, &Subject::ALL)?;
    let programs = programs()?;
    let folder = programs.parent().unwrap_or(Path::new(".")).join("bench");
    let site = Site { scratch: folder.join("scratch"), programs, cores: Cores::find() };
    let out = options.out.clone().unwrap_or_else(|| folder.join("results.jsonl"));
    std::fs::create_dir_all(out.parent().unwrap_or(Path::new(".")))
        .map_err(Failure::io("making a folder"))?;
    if let Some(cores) = site.cores {
        cores.take_own();
    }
    open_many_files();
    let (machine, span) = (Machine::here(), if options.quick { Span::QUICK } else { Span::FULL });
    for scenario in &scenarios {
        for run in 1..=if options.quick { 1 } else { options.repeat } {
            for subject in subjects.iter().filter(|subject| scenario.fits(**subject)) {
                let result = measure(scenario, *subject, &site, &span);
                let (measured, failure) = match result {
                    Ok(measured) => (Some(measured), None),
                    Err(failure) => (None, Some(failure.to_string())),
                };
                let record = Record {
                    scenario: scenario.name.to_owned(),
                    server: subject.name().to_owned(),
                    run,
                    quick: options.quick,
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

fn measure(scenario: &Scenario, subject: Subject, site: &Site, span: &Span) -> Result<Measured, Failure> {
    let server = subject.start(site)?;
    scenario.run(subject, &server, span)
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

/// As many open files as the system allows, for this program and for the servers that it starts.
fn open_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where that is refused, the scenarios that need more will say so.
    let _ = setrlimit(Resource::Nofile, limit);
}
