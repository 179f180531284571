//! The heartbeat finds connections that look open but are dead, on both sides.

use tests::deadline::{DEADLINE, within};
use tests::proxy::Direction::{Down, Up};
use tests::raw::Handshake;
use tests::{LOBBY, Proxy, Raw, Settings, TestServer};

fn quick() -> Settings {
    Settings::default().flag("--heartbeat-ms", "200").presence_grace_ms(100)
}

async fn greeted_through(proxy: &Proxy, name: &str) -> Raw {
    let mut raw = Handshake::new(proxy.address(), "/ws").open().await.expect("a WebSocket through the proxy");
    raw.greet(name).await;
    raw
}

#[tokio::test]
async fn the_server_finds_a_client_that_is_gone_without_a_word() {
    let server = TestServer::start_with(quick()).await;
    let proxy = Proxy::before(server.address(), 1).await;
    let bob = server.join("Bob").await;
    // Ada has no session that would reconnect.
    let mut ada = greeted_through(&proxy, "Ada").await;
    ada.subscribe(1, LOBBY).await;
    bob.expect_members(LOBBY, &["Ada", "Bob"]).await;
    proxy.stall(&[Up, Down]);
    bob.expect_members(LOBBY, &["Bob"]).await;
    let left = server.api().expect_connections(1).await;
    assert_eq!(left[0]["name"], "Bob");
    server.api().expect_members(LOBBY, 1).await;
    server.log().expect(&["close", "code=4001"]).await;
    assert_eq!(proxy.open(), 1, "the connection still looks open");
}

#[tokio::test]
async fn the_server_finds_a_client_that_hears_and_is_not_heard() {
    let server = TestServer::start_with(quick()).await;
    let proxy = Proxy::before(server.address(), 1).await;
    let mut ada = greeted_through(&proxy, "Ada").await;
    proxy.stall(&[Up]);
    // Frames arrive until then, so a wait for each frame would never end.
    within(DEADLINE, "the server closes", ada.expect_close(4001), || server.log().tail()).await;
    server.api().expect_connections(0).await;
}

#[tokio::test]
async fn the_client_finds_a_server_that_is_not_heard() {
    let server = TestServer::start_with(quick()).await;
    let proxy = Proxy::before(server.address(), 1).await;
    let (bob, ada) = (server.join("Bob").await, server.client("Ada").through(proxy.address()).join().await);
    let before = ada.connection();
    proxy.stall(&[Down]);
    // It reaches the log, but its answer is lost on the stalled path. Ada sends it again on the next connection.
    let id = ada.send(LOBBY, "into the dark").await;
    bob.expect_chat("into the dark").await;
    bob.publish(LOBBY, "while she could not hear").await;
    ada.expect_online_anew(before).await;
    ada.expect_accepted(id).await;
    ada.expect_chats(&["into the dark", "while she could not hear"]).await;
    bob.expect_chat("while she could not hear").await;
    assert_eq!(server.api().texts(LOBBY).await, ["into the dark", "while she could not hear"]);
    // The server has noticed it as well, and there is one connection of each.
    server.api().expect_connections(2).await;
}
