//! If a thread of the server dies, the server ends and names it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use backend::app::serve;
use backend::config::{Durability, Secret, Settings};
use backend::lifecycle::ServerError;
use backend::lifecycle::supervision::Part;
use backend::store::sqlite::SqliteLog;
use backend::store::{Applied, Bounds, Due, Entry, Keep, Log, LogError, Run};
use shared::ids::{ChannelName, Epoch, Namespace, Offset};

const KEY: &str = "0123456789abcdef";

/// A log that panics.
struct Broken {
    log: SqliteLog,
    appends: bool,
    tidies: bool,
}

impl Log for Broken {
    fn epoch(&self) -> Epoch {
        self.log.epoch()
    }

    fn apply(&self, entry: &Entry) -> Result<Applied, LogError> {
        assert!(self.appends, "the store is broken");
        self.log.apply(entry)
    }

    fn read(&self, channel: &ChannelName, after: Offset, limit: u32) -> Result<Run, LogError> {
        self.log.read(channel, after, limit)
    }

    fn read_before(
        &self,
        channel: &ChannelName,
        before: Option<Offset>,
        limit: u32,
    ) -> Result<Run, LogError> {
        self.log.read_before(channel, before, limit)
    }

    fn bounds(&self, channel: &ChannelName) -> Result<Bounds, LogError> {
        self.log.bounds(channel)
    }

    fn channels(&self, after: &str, limit: u32) -> Result<Vec<(ChannelName, Offset)>, LogError> {
        self.log.channels(after, limit)
    }

    fn outdated(
        &self,
        namespace: &Namespace,
        keep: &Keep,
        from: Option<&ChannelName>,
        messages_max: u32,
    ) -> Result<Due, LogError> {
        self.log.outdated(namespace, keep, from, messages_max)
    }

    fn tidy(&self) -> Result<(), LogError> {
        assert!(self.tidies, "the store is broken");
        self.log.tidy()
    }

    fn backup(&self, path: &Path) -> Result<(), LogError> {
        self.log.backup(path)
    }

    fn close(&self) -> Result<(), LogError> {
        self.log.close()
    }

    fn reserve_connections(&self, count: u64) -> Result<u64, LogError> {
        self.log.reserve_connections(count)
    }
}

/// Serves on a broken log, with one publish, until the server ends by itself.
fn serve_until_it_ends(appends: bool, tidies: bool) -> ServerError {
    let folder = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(&folder.path().join("tidings.db"), Durability::Normal).unwrap();
    let settings = Settings {
        data: folder.path().to_owned(),
        api_key: Some(Secret::from(KEY.to_owned())),
        retention_ms: 10,
        workers: 1,
        ..Settings::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let body = r#"{"channel":"room:lobby","payload":{"type":"chat","text":"hi"}}"#;
    let request = format!(
        "POST /api/publish HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let ended = actix_web::rt::System::new().block_on(serve(
        settings,
        Arc::new(Broken { log, appends, tidies }),
        listener,
    ));
    // The message was not acknowledged.
    let mut answer = Vec::new();
    if !appends && stream.read_to_end(&mut answer).is_ok() {
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
    ended.unwrap_err()
}

#[test]
fn a_log_thread_that_panics_ends_the_server() {
    let ended = serve_until_it_ends(false, true);
    assert!(matches!(ended, ServerError::Died(Part::LogThread)), "{ended}");
}

#[test]
fn a_retention_thread_that_panics_ends_the_server() {
    let ended = serve_until_it_ends(true, false);
    assert!(matches!(ended, ServerError::Died(Part::Retention)), "{ended}");
}
