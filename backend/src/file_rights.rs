//! Restricts the server's files to their owner.

use std::path::Path;

/// Removes the permissions of the group and of others from a file or directory, if it has any. `mode` is the new mode.
///
/// # Errors
/// The operating system's error, for instance if the file belongs to another user.
pub(crate) fn owner_only(path: &Path, mode: u32) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = path.metadata()?.permissions();
        if permissions.mode() & 0o077 != 0 {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
            tracing::info!(path = %path.display(), "removed the access of others");
        }
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}
