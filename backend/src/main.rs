//! Starts the server.

use std::process::ExitCode;

use backend::config::{BackupArgs, Cli, Command, ServeArgs};
use backend::{backup, server, telemetry};

#[actix_web::main]
async fn main() -> ExitCode {
    match Cli::read() {
        Ok(Command::Serve(args)) => serve(*args).await,
        Ok(Command::Backup(BackupArgs { file, data })) => match backup::run(&data, &file) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        },
        Err(error) => fail(&error),
    }
}

async fn serve(args: ServeArgs) -> ExitCode {
    let settings = match args.settings() {
        Ok(settings) => settings,
        Err(error) => return fail(&error),
    };
    let _logging = match telemetry::start(&settings.log) {
        Ok(guard) => guard,
        Err(error) => return fail(&error),
    };
    for sentence in &settings.overridden {
        tracing::warn!("{sentence}");
    }
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
