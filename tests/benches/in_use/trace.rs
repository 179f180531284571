//! The browser's own trace: the tasks of its threads, with the processor time of each.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// The trace categories: tasks, and the details that the developer tools show.
const CATEGORIES: [&str; 5] =
    ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "__metadata"];

/// Size of the browser's trace buffer, in KiB.
const BUFFER_KIB: u64 = 512 * 1024;

/// A running trace.
pub(crate) struct Trace(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Trace {
    /// Starts a trace in the browser at this address.
    pub(crate) async fn begin(address: &str) -> Self {
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) =
            connect_async_with_config(address, Some(config), false).await.expect("the browser's WebSocket");
        let mut trace = Self(socket);
        let config = json!({
            "recordMode": "recordUntilFull",
            "traceBufferSizeInKb": BUFFER_KIB,
            "includedCategories": CATEGORIES,
            "excludedCategories": ["*"],
        });
        let parameters = json!({ "transferMode": "ReportEvents", "traceConfig": config });
        trace.send(1, "Tracing.start", &parameters).await;
        while trace.next().await["id"] != 1 {}
        trace
    }

    /// Stops the trace and returns all events.
    pub(crate) async fn end(mut self) -> Vec<Value> {
        self.send(2, "Tracing.end", &json!({})).await;
        let mut events = Vec::new();
        loop {
            let mut told = self.next().await;
            match told["method"].as_str() {
                Some("Tracing.dataCollected") => {
                    if let Value::Array(some) = told["params"]["value"].take() {
                        events.extend(some);
                    }
                }
                Some("Tracing.tracingComplete") => return events,
                _ => {}
            }
        }
    }

    async fn send(&mut self, id: u64, method: &str, parameters: &Value) {
        let text = json!({ "id": id, "method": method, "params": parameters }).to_string();
        self.0.send(Message::text(text)).await.expect("the request can be sent");
    }

    async fn next(&mut self) -> Value {
        loop {
            let message = self.0.next().await.expect("an open connection").expect("a readable message");
            if let Message::Text(text) = message {
                let told: Value = serde_json::from_str(&text).expect("the message is JSON");
                assert!(told.get("error").is_none(), "{told}");
                return told;
            }
        }
    }
}
