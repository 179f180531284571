//! Starts the server.

use std::process::ExitCode;

use backend::config::Cli;
use backend::{server, telemetry};
use clap::Parser as _;

#[actix_web::main]
async fn main() -> ExitCode {
    let settings = match Cli::parse().into_serve().settings() {
        Ok(settings) => settings,
        Err(error) => return fail(&error),
    };
    let _logging = match telemetry::start(&settings.log) {
        Ok(guard) => guard,
        Err(error) => return fail(&error),
    };
    match server::run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[allow(clippy::print_stderr, reason = "the one sentence that a user sees when nothing could be started")]
fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("tidings: {error}");
    ExitCode::FAILURE
}
