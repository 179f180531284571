//! The server sends a small frame at once and does not wait for the acknowledgement of the one before. If a client
//! sends nothing, it would wait for tens of milliseconds (Nagle's algorithm and the delayed acknowledgement, RFC 1122
//! sections 4.2.3.4 and 4.2.3.2).

use tests::{LOBBY, TestServer};

#[tokio::test]
async fn no_connection_holds_small_frames_back() {
    let server = TestServer::start().await;
    let ada = server.join("Ada").await;
    ada.publish(LOBBY, "hello").await;
    let mut plain = server.plain().await;
    plain.send_text("hello").await;
    plain.next_text().await;
    let connections = server.process().connections();
    assert!(connections.len() >= 2, "Ada's and the plain client's: {connections:?}");
    for connection in connections {
        assert!(connection.nodelay().unwrap(), "{connection:?} waits for acknowledgements");
    }
}
