//! An HTTP proxy between browser and server that answers some requests itself.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Maximum size of a request's head, in bytes. A longer one ends the connection.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// The answer in place of the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    /// A refusal with this status, as from a load balancer during a deployment.
    Status(u16),
    /// A page with status 200, as from a network with a login page.
    Html,
    /// No answer: the connection is closed.
    Hangup,
    /// No answer, but the connection stays open.
    Silence,
}

/// A proxy in front of a server.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    rule: Arc<Mutex<Option<(String, Instead)>>>,
    task: JoinHandle<()>,
}

impl Gateway {
    /// Starts to pass requests on, except for paths that end with `ending`.
    pub async fn that_answers(server: SocketAddr, ending: &str, instead: Instead) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port for the gateway");
        let address = listener.local_addr().expect("the gateway's address");
        let rule = Arc::new(Mutex::new(Some((ending.to_owned(), instead))));
        let known = Arc::clone(&rule);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, server, Arc::clone(&known)));
            }
        });
        Self { address, rule, task }
    }

    /// Returns its address as a browser opens it.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Passes all requests on from now on.
    pub fn pass_all(&self) {
        *self.rule.lock().unwrap() = None;
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Handles one request, after which the connection ends, or a WebSocket for as long as it lasts.
async fn serve(
    mut client: TcpStream,
    server: SocketAddr,
    rule: Arc<Mutex<Option<(String, Instead)>>>,
) -> io::Result<()> {
    let head = read_head(&mut client).await?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let instead = rule.lock().unwrap().clone().filter(|(ending, _)| path.ends_with(ending));
    match instead.map(|(_, instead)| instead) {
        None => {
            let mut server = TcpStream::connect(server).await?;
            server.write_all(for_one_request(&head).as_bytes()).await?;
            copy_bidirectional(&mut client, &mut server).await.map(drop)
        }
        Some(Instead::Status(status)) => {
            answer(&mut client, &format!("{status} Refused"), "text/plain", "not now").await
        }
        Some(Instead::Html) => answer(&mut client, "200 OK", "text/html", "<h1>Log in first</h1>").await,
        Some(Instead::Hangup) => Ok(()),
        // Wait until the browser gives up.
        Some(Instead::Silence) => client.read_u8().await.map(drop),
    }
}

/// Reads the head of a request, with the empty line after it.
pub(crate) async fn read_head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == HEAD_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Returns the same request with `Connection: close`; an upgrade stays as it is.
pub(crate) fn for_one_request(head: &str) -> String {
    if head.to_lowercase().contains("\r\nupgrade:") {
        return head.to_owned();
    }
    let lines = head.trim_end().lines().filter(|line| !line.to_lowercase().starts_with("connection:"));
    lines.chain(["Connection: close", "", ""]).collect::<Vec<_>>().join("\r\n")
}

pub(crate) async fn answer(client: &mut TcpStream, status: &str, kind: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    client.write_all(format!("{head}{body}").as_bytes()).await?;
    client.shutdown().await
}
