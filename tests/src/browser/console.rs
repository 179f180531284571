//! A proxy that adds a script to the app's page and collects the errors that it reports: WebDriver gives access to the
//! console of Chromium only.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::gateway::{answer, for_one_request, read_head};

/// The script that reports errors.
const SCRIPT: &str = include_str!("console.js");

/// Paths that the proxy answers itself.
const SCRIPT_PATH: &str = "/script-of-the-tests.js";
const REPORTS_PATH: &str = "/console-of-the-tests";

/// A proxy in front of a server, for one browser.
#[derive(Debug)]
pub(super) struct ConsoleProxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    reports: Vec<String>,
    first_scripts: String,
}

impl ConsoleProxy {
    /// Starts a proxy in front of this server.
    pub(super) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port for the proxy");
        let address = listener.local_addr().expect("the proxy's address");
        let state = Arc::<Mutex<State>>::default();
        let known = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, server, Arc::clone(&known)));
            }
        });
        Self { address, state, task }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs a script in each new page before the page's own.
    pub(super) fn runs_first(&self, script: &str) {
        let scripts = &mut self.state.lock().unwrap().first_scripts;
        // Each in a block, so that it can name its variables as it likes.
        *scripts += &format!("{{\n{script}\n}}\n");
    }

    /// Returns the reports since the last call.
    pub(super) fn reports(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().reports)
    }
}

impl Drop for ConsoleProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Handles one request, after which the connection ends, or a WebSocket for as long as it lasts.
async fn serve(mut client: TcpStream, server: SocketAddr, state: Arc<Mutex<State>>) -> io::Result<()> {
    let head = read_head(&mut client).await?;
    match head.split(' ').nth(1).unwrap_or_default() {
        SCRIPT_PATH => {
            let script = format!("{SCRIPT}\n{}", state.lock().unwrap().first_scripts);
            answer(&mut client, "200 OK", "text/javascript", &script).await
        }
        REPORTS_PATH => {
            let mut report = vec![0; content_length(&head)];
            client.read_exact(&mut report).await?;
            state.lock().unwrap().reports.push(String::from_utf8_lossy(&report).into_owned());
            answer(&mut client, "200 OK", "text/plain", "").await
        }
        "/" if header(&head, "upgrade").is_none() => page(&mut client, server, &head).await,
        _ => {
            let mut server = TcpStream::connect(server).await?;
            server.write_all(for_one_request(&head).as_bytes()).await?;
            copy_bidirectional(&mut client, &mut server).await.map(drop)
        }
    }
}

/// Answers with the server's page, and the script in front of its own.
async fn page(client: &mut TcpStream, server: SocketAddr, head: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let request = without(&for_one_request(head), &["accept-encoding", "if-none-match", "if-modified-since"]);
    server.write_all(request.as_bytes()).await?;
    let mut response = Vec::new();
    server.read_to_end(&mut response).await?;
    let response = String::from_utf8_lossy(&response);
    let Some((head, page)) = response.split_once("\r\n\r\n") else { return Ok(()) };
    // The tag of the head may be left out, and the first of its content is this.
    let Some(first) = page.find("<meta") else { return Err(io::ErrorKind::InvalidData.into()) };
    let (before, after) = page.split_at(first);
    let page = format!("{before}<script src=\"{SCRIPT_PATH}\"></script>{after}");
    let head = without(head, &["content-length", "etag"]);
    let head = format!("{}\r\nContent-Length: {}\r\n\r\n", head.trim_end(), page.len());
    client.write_all(head.as_bytes()).await?;
    client.write_all(page.as_bytes()).await?;
    client.shutdown().await
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn content_length(head: &str) -> usize {
    header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// Returns a head without the headers of these names.
fn without(head: &str, names: &[&str]) -> String {
    let is_kept = |line: &&str| {
        let key = line.split(':').next().unwrap_or_default();
        !names.iter().any(|name| key.eq_ignore_ascii_case(name))
    };
    let lines = head.trim_end().lines().filter(is_kept);
    lines.chain(["", ""]).collect::<Vec<_>>().join("\r\n")
}
