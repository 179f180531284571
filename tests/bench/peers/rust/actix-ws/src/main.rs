//! actix-ws: the chat of its tutorials. Each room is a list of sessions, and a message is sent to them in a loop.

use std::collections::HashMap;

use actix_web::web::{Data, Path, Payload, get};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, rt};
use actix_ws::{Message, MessageStream, Session};
use futures_util::StreamExt as _;
use std::sync::{Mutex, PoisonError};

/// Largest message, in bytes.
const FRAME_BYTES_MAX: usize = 1024 * 1024;

#[derive(Default)]
struct Rooms(Mutex<HashMap<String, Vec<Session>>>);

impl Rooms {
    fn readers(&self, room: &str) -> Vec<Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(room).cloned().unwrap_or_default()
    }

    fn join(&self, room: &str, session: Session) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.entry(room.to_owned()).or_default().push(session);
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let rooms = Data::new(Rooms::default());
    let app = move || App::new().app_data(rooms.clone()).route("/{verb}/{name}", get().to(open));
    let server = HttpServer::new(app).workers(1).backlog(4096).bind("127.0.0.1:0")?;
    println!("listening on http://{}", server.addrs()[0]);
    server.run().await
}

async fn open(request: HttpRequest, body: Payload, rooms: Data<Rooms>, path: Path<(String, String)>) -> Result<HttpResponse, Error> {
    let (verb, name) = path.into_inner();
    let (response, session, stream) = actix_ws::handle(&request, body)?;
    if verb == "sub" || verb == "both" {
        rooms.join(&name, session.clone());
    }
    rt::spawn(talk(verb, name, rooms, session, stream.max_frame_size(FRAME_BYTES_MAX)));
    Ok(response)
}

async fn talk(verb: String, name: String, rooms: Data<Rooms>, mut session: Session, mut stream: MessageStream) {
    while let Some(Ok(message)) = stream.next().await {
        match message {
            Message::Text(text) if verb == "echo" => {
                if session.text(text).await.is_err() {
                    return;
                }
            }
            Message::Text(text) => {
                for mut reader in rooms.readers(&name) {
                    // Who has gone is only missing.
                    let _ = reader.text(text.clone()).await;
                }
            }
            Message::Ping(bytes) => {
                let _ = session.pong(&bytes).await;
            }
            Message::Close(_) => return,
            _ => {}
        }
    }
}
