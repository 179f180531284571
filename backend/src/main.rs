//! The command line program: starts the server, or makes a backup.

use std::process::ExitCode;

use backend::config::{BackupArgs, Cli, Command, ServeArgs, unknown_variables};
use backend::store::sqlite::Progress;
use backend::{app, backup, telemetry};

#[actix_web::main]
async fn main() -> ExitCode {
    if let Err(error) = survive_file_limit() {
        return fail(&error);
    }
    match Cli::read() {
        Ok(Command::Serve(args)) => serve(*args).await,
        Ok(Command::Backup(args)) => copy(&args),
        Err(error) => fail(&error),
    }
}

/// Catches SIGXFSZ. A write above the limit of file sizes (`ulimit -f`, `LimitFSIZE=`) is then an error like a full disk, and
/// does not kill the process.
fn survive_file_limit() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let signal = rustix::process::Signal::XFSZ.as_raw();
        // The signal stays caught after the stream is dropped.
        drop(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(signal))?);
    }
    Ok(())
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
    for name in unknown_variables(std::env::vars_os()) {
        tracing::warn!("the variable {name} is not a setting; it has no effect");
    }
    match app::run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Makes a backup, and prints its progress to standard error after each tenth.
#[allow(clippy::print_stderr, reason = "progress for the operator")]
fn copy(BackupArgs { file, data }: &BackupArgs) -> ExitCode {
    const MIB: u64 = 1024 * 1024;
    let mut tenths = 0;
    let progress = |Progress { copied, bytes }| {
        let now = copied.saturating_mul(10) / bytes.max(1);
        if now > tenths {
            tenths = now;
            eprintln!("tidings: {} of {} MiB copied ({} %)", copied / MIB, bytes.div_ceil(MIB), now * 10);
        }
    };
    match backup::run(data, file, progress) {
        Ok(bytes) => {
            eprintln!("tidings: {} is complete, {} MiB", file.display(), bytes.div_ceil(MIB));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

#[allow(clippy::print_stderr, reason = "the error that the operator sees if the start fails")]
fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("tidings: {error}");
    ExitCode::FAILURE
}
