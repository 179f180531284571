//! Who can read the files of the server: their owner alone.

use std::path::Path;

/// Takes the rights of the group and of others from a file or directory that has any. `mode` is what the owner keeps.
///
/// # Errors
/// The operating system's, for instance if the file belongs to somebody else.
pub fn owner_only(path: &Path, mode: u32) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = path.metadata()?.permissions();
        if permissions.mode() & 0o077 != 0 {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
            tracing::info!(path = %path.display(), "the rights of others were taken away");
        }
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}
