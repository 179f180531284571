//! The console of one tab of the shared Chromium, read over the tab's own connection. chromedriver would report the console of
//! all contexts to each session.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Maximum wait for a tab that answers, which a crashed one does not.
const ANSWER_WAIT: Duration = Duration::from_secs(1);

/// Collects the errors of a tab until this is dropped.
#[derive(Debug)]
pub(super) struct TabConsole {
    errors: Arc<Mutex<Vec<String>>>,
    flushes: mpsc::UnboundedSender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl TabConsole {
    /// Begins with the tab of this WebDriver handle. `address` is that of the browser's remote control.
    pub(super) async fn of(address: &str, tab: &str) -> Self {
        let url = format!("ws://{address}/devtools/page/{tab}");
        let (mut socket, _) =
            connect_async(&url).await.unwrap_or_else(|e| panic!("{url} cannot be opened: {e}"));
        for method in ["Runtime.enable", "Log.enable"] {
            send(&mut socket, 0, method).await;
        }
        let (flushes, requests) = mpsc::unbounded_channel();
        let errors = Arc::<Mutex<Vec<String>>>::default();
        let task = tokio::spawn(collect(socket, requests, Arc::clone(&errors)));
        Self { errors, flushes, task }
    }

    /// Returns the errors since the last call.
    pub(super) async fn errors(&self) -> Vec<String> {
        let (done, flushed) = oneshot::channel();
        if self.flushes.send(done).is_ok() {
            // Without an answer, the tab has crashed or waits for a dialog.
            let _ = tokio::time::timeout(ANSWER_WAIT, flushed).await;
        }
        std::mem::take(&mut self.errors.lock().unwrap())
    }
}

impl Drop for TabConsole {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn send(socket: &mut Socket, id: u64, method: &str) {
    // Fails only if the tab is closed.
    let _ = socket.send(Message::text(json!({"id": id, "method": method}).to_string())).await;
}

/// Collects errors. The answer to a command follows all earlier events, so each flush sends one.
async fn collect(
    mut socket: Socket,
    mut requests: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
    errors: Arc<Mutex<Vec<String>>>,
) {
    let mut flush: Option<oneshot::Sender<()>> = None;
    let mut last = 0_u64;
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(Ok(message)) = message else { return };
                let event: Value = serde_json::from_str(message.to_text().unwrap_or_default()).unwrap_or_default();
                if event["id"].is_null() {
                    errors.lock().unwrap().extend(error_of(&event));
                } else if event["id"] == last
                    && let Some(flush) = flush.take()
                {
                    let _ = flush.send(());
                }
            }
            Some(request) = requests.recv() => {
                last += 1;
                flush = Some(request);
                send(&mut socket, last, "Runtime.getIsolateId").await;
            }
        }
    }
}

/// Returns the text of an event that is an error.
fn error_of(event: &Value) -> Option<String> {
    let parameters = &event["params"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match event["method"].as_str()? {
        "Runtime.consoleAPICalled" if parameters["type"] == "error" => {
            let values = parameters["args"].as_array().into_iter().flatten();
            let texts = values.map(|value| match &value["value"] {
                Value::String(text) => text.clone(),
                Value::Null => text(&value["description"]),
                other => other.to_string(),
            });
            Some(format!("console.error: {}", texts.collect::<Vec<_>>().join(" ")))
        }
        "Runtime.exceptionThrown" => {
            let details = &parameters["exceptionDetails"];
            let description = text(&details["exception"]["description"]);
            Some(format!("{} {description}", text(&details["text"])))
        }
        "Log.entryAdded" if parameters["entry"]["level"] == "error" => {
            let entry = &parameters["entry"];
            Some(format!("{} {}", text(&entry["url"]), text(&entry["text"])))
        }
        _ => None,
    }
}
