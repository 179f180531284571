//! The contract of every store, as this one keeps it.

use super::*;

/// A log in a folder of its own.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl conformance::Store for Folder {
    fn open(&self) -> Arc<dyn Log> {
        Arc::new(open(&self.0))
    }

    /// A trigger fails the insertion of the entry, so the transaction has to take back what it has already written.
    fn fail_appends_of(&self, entry: Option<&Append>) {
        let connection = Connection::open(self.0.path().join("tidings.db")).unwrap();
        connection.execute_batch("DROP TRIGGER IF EXISTS failing").unwrap();
        if let Some(entry) = entry {
            let id: String = entry.id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            let sql = format!(
                "CREATE TRIGGER failing AFTER INSERT ON messages WHEN NEW.id = x'{id}'
                 BEGIN SELECT RAISE(ABORT, 'this entry is to fail'); END"
            );
            connection.execute_batch(&sql).unwrap();
        }
    }
}

crate::log_conformance!(Folder::new());
