//! The command line of the bench. `cargo xtask bench` builds the programs and starts it.
#![allow(clippy::print_stdout, reason = "this program prints its figures")]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    use clap::Parser as _;

    let outcome = match bench::options::Options::parse().command {
        bench::options::Command::Run(options) => run(&options),
        bench::options::Command::Reference { nagle } => reference(nagle),
        bench::options::Command::Page => bench::report::write(&docs()),
        bench::options::Command::List => {
            list();
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The generator needs epoll.
#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("error: the bench runs on Linux only");
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
fn run(options: &bench::options::RunOptions) -> Result<(), bench::failure::Failure> {
    println!("{}", bench::record::HEADING);
    let mut records = Vec::new();
    let out = bench::run::run(options, |record| {
        println!("{record}");
        records.push(record.clone());
    })?;
    println!("\n{}", bench::summary::table(&records));
    println!("The lines are in {}.", out.display());
    if let Some(name) = options.page_name() {
        bench::report::publish(&docs(), name, &records)?;
        println!("{} shows them.", docs().join("PERFORMANCE.md").display());
    }
    Ok(())
}

/// The folder of the documents.
#[cfg(target_os = "linux")]
fn docs() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[cfg(target_os = "linux")]
fn list() {
    println!("Scenarios:");
    for scenario in bench::scenario::ALL {
        println!("  {:15} {}", scenario.name, scenario.about);
    }
    println!("Servers:");
    for subject in bench::server::Subject::ALL {
        println!("  {}", subject.name());
    }
}

#[cfg(target_os = "linux")]
fn reference(nagle: bool) -> Result<(), bench::failure::Failure> {
    use bench::failure::Failure;
    use bench::reference::{Reference, SmallFrames, Tamper};

    let listener = bench::reference::listen("127.0.0.1:0")?;
    let address = listener.local_addr().map_err(Failure::io("reading the local address"))?;
    println!("listening on http://{address}");
    let small_frames = if nagle { SmallFrames::HeldBack } else { SmallFrames::AtOnce };
    Reference::new(listener, small_frames, |_| Tamper::Send)?
        .serve(&std::sync::atomic::AtomicBool::new(false))
}
