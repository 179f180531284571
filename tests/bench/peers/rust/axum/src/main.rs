//! axum: the chat of its examples. Each room is a broadcast channel; each socket has a task that forwards from it.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt as _;
use axum::{Router, serve};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpSocket;
use tokio::sync::broadcast::{self, Sender};

/// Most messages of a room that a slow reader may be behind.
const ROOM_MESSAGES_MAX: usize = 4096;

#[derive(Clone, Default)]
struct Rooms(Arc<Mutex<HashMap<String, Sender<axum::extract::ws::Utf8Bytes>>>>);

impl Rooms {
    fn room(&self, name: String) -> Sender<axum::extract::ws::Utf8Bytes> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.entry(name).or_insert_with(|| broadcast::channel(ROOM_MESSAGES_MAX).0).clone()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let routes = Router::new().route("/{verb}/{name}", any(upgrade)).with_state(Rooms::default());
    let socket = TcpSocket::new_v4()?;
    socket.bind("127.0.0.1:0".parse()?)?;
    let listener = socket.listen(4096)?;
    println!("listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // Only latency suffers where it is refused.
        let _ = stream.set_nodelay(true);
    });
    serve(listener, routes).await?;
    Ok(())
}

async fn upgrade(
    upgrade: WebSocketUpgrade,
    State(rooms): State<Rooms>,
    Path((verb, name)): Path<(String, String)>,
) -> Response {
    upgrade.on_upgrade(move |socket| async move {
        match verb.as_str() {
            "echo" => echo(socket).await,
            verb => chat(socket, rooms.room(name), verb).await,
        }
    })
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn chat(socket: WebSocket, room: Sender<axum::extract::ws::Utf8Bytes>, verb: &str) {
    let (mut sink, mut stream) = socket.split();
    let reads = verb != "pub";
    let mut messages = room.subscribe();
    let forward = tokio::spawn(async move {
        while reads {
            let Ok(text) = messages.recv().await else { return };
            if sink.send(Message::Text(text)).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Text(text) = message {
            // Nobody may be there.
            let _ = room.send(text);
        }
    }
    forward.abort();
}
