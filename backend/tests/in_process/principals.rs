//! The principal of a connection is replaced while the connection is open.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::App;
use actix_web::test::{TestRequest, call_and_read_body_json, init_service};
use backend::auth::{OtherUser, Principal};
use backend::channel::wire::Wire;
use backend::connection::registry::ConnectionInfo;
use backend::edge::http;
use serde_json::Value;
use shared::ids::{ConnectionId, DisplayName, UserId};

use crate::rig::{Rig, Sink};

const CHANNEL: &str = "live:principals";
const KEY: &str = "a key";

/// Returns a wire that appends the written bytes to `text`.
fn reading(text: &Rc<RefCell<String>>) -> Rc<Wire> {
    let text = Rc::clone(text);
    Wire::new(Sink(move |bytes: &[u8]| text.borrow_mut().push_str(&String::from_utf8_lossy(bytes))))
}

/// Returns the connections as `GET /api/connections` shows them.
fn listed(rig: &Rig) -> Vec<Value> {
    let (parts, key) = (rig.http_parts(), Arc::from(KEY));
    let mut list: Value = rig.wait(async {
        let app = init_service(App::new().configure(|app| http::configure(app, parts, &key))).await;
        let request = TestRequest::get().uri("/api/connections");
        let request = request.insert_header(("authorization", format!("Bearer {KEY}")));
        call_and_read_body_json(&app, request.to_request()).await
    });
    serde_json::from_value(list["connections"].take()).unwrap()
}

/// The publisher's connection: the one that was opened first.
fn publisher(rig: &Rig) -> Arc<ConnectionInfo> {
    rig.core().registry.list(ConnectionId(0), 1).remove(0)
}

#[test]
fn the_next_message_and_the_http_api_show_the_replaced_principal() {
    let (mut rig, read) = (Rig::empty(), Rc::default());
    rig.join(CHANNEL, reading(&read));
    rig.turn();
    let info = publisher(&rig);
    let registry = Arc::clone(&rig.core().registry);
    let before = info.principal().unwrap();
    let mut renewed = before.clone();
    renewed.sender.name = DisplayName::parse("Ada Lovelace").unwrap();

    for principal in [before, renewed] {
        assert_eq!(registry.replace_principal(&info, principal.clone()), Ok(()));
        read.borrow_mut().clear();
        rig.say(CHANNEL);
        rig.turn();
        let sender = serde_json::to_string(&principal.sender).unwrap();
        assert!(read.borrow().contains(&format!("\"from\":{sender}")), "{sender}: {}", read.borrow());
        let shown = &listed(&rig)[0];
        assert_eq!(shown["user"], principal.user().as_str());
        assert_eq!(shown["name"], principal.sender.name.as_str());
        assert_eq!(registry.of_user(principal.user()).len(), 1);
    }
}

#[test]
fn another_user_cannot_take_over_an_open_connection() {
    let (mut rig, read) = (Rig::empty(), Rc::default());
    rig.join(CHANNEL, reading(&read));
    rig.turn();
    let info = publisher(&rig);
    let registry = Arc::clone(&rig.core().registry);
    let before = info.principal().unwrap();
    let mut mallory: Principal = before.clone();
    mallory.sender.user = UserId::parse("mallory-the-other").unwrap();

    assert_eq!(registry.replace_principal(&info, mallory.clone()), Err(OtherUser));
    rig.say(CHANNEL);
    rig.turn();
    assert!(read.borrow().contains(before.user().as_str()) && !read.borrow().contains("mallory-the-other"));
    assert_eq!(listed(&rig)[0]["user"], before.user().as_str());
    assert!(registry.of_user(mallory.user()).is_empty());
}
