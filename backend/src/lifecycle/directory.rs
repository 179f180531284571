//! The data directory.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::Path;

use super::error::ServerError;

/// Creates the data directory, tests that it is writable (so that an error appears at the start, not at the first message), and
/// locks it for this server until the returned file is dropped. Only the owner can access the directory.
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
    // Do not restrict a directory with the sticky bit, such as /tmp: it is shared on purpose.
    if !is_shared(path)
        && let Err(error) = crate::file_rights::owner_only(path, 0o700)
    {
        tracing::warn!(path = %path.display(), %error, "cannot remove the access of others to the data directory");
    }
    Ok(lock)
}

/// Opens the lock file, and creates it if it does not exist. Only the owner may open it, because any user with access could lock
/// it and keep the server from starting.
fn open_lock(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(path)?;
    if let Err(error) = crate::file_rights::owner_only(path, 0o600) {
        tracing::warn!(path = %path.display(), %error, "cannot remove the access of others to the file");
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
