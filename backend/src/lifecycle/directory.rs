//! The data directory.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::Path;

use super::error::ServerError;

/// Makes the data directory, tries whether it takes a file (a clear word now is better than a refusal later), and
/// takes it for this server alone, for as long as what it returns lives. Nobody but its owner can look into it.
pub(crate) fn prepare(path: &Path) -> Result<File, ServerError> {
    let probe = path.join(".probe");
    let failed = |reason| ServerError::Data { path: path.to_owned(), reason };
    create(path)
        .and_then(|()| std::fs::write(&probe, b"probe"))
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(failed)?;
    let lock = open_lock(&path.join(".lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(ServerError::InUse(path.to_owned())),
        Err(TryLockError::Error(reason)) => return Err(failed(reason)),
    }
    // A directory with the sticky bit is shared on purpose, such as /tmp.
    if !is_shared(path)
        && let Err(error) = crate::file_rights::owner_only(path, 0o700)
    {
        tracing::warn!(path = %path.display(), %error, "the rights of others cannot be taken from the data directory");
    }
    Ok(lock)
}

/// Opens the lock, and makes it where there is none. Whoever can open it could keep the server from starting.
fn open_lock(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(path)?;
    if let Err(error) = crate::file_rights::owner_only(path, 0o600) {
        tracing::warn!(path = %path.display(), %error, "the rights of others cannot be taken from the file");
    }
    Ok(lock)
}

fn create(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn is_shared(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o1000 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}
