//! Whose pages may open a WebSocket.

use tests::raw::Handshake;
use tests::{Settings, TestServer};

/// The status that a page of `origin` gets for its handshake.
async fn status_for(server: &TestServer, path: &str, origin: &str) -> u16 {
    match Handshake::new(server.address(), path).header("Origin", origin).open().await {
        Ok(_) => 101,
        Err(response) => response.status,
    }
}

#[tokio::test]
async fn a_foreign_page_is_kept_out() {
    let server = TestServer::start().await;
    for path in ["/ws", "/"] {
        for origin in
            ["https://evil.example", "http://127.0.0.1:1", "http://localhost", "null", "127.0.0.1", ""]
        {
            assert_eq!(status_for(&server, path, origin).await, 403, "{path} {origin}");
        }
    }
}

#[tokio::test]
async fn the_own_page_and_a_native_client_come_in() {
    let server = TestServer::start().await;
    for path in ["/ws", "/"] {
        assert_eq!(status_for(&server, path, &server.url("")).await, 101, "{path}");
        assert!(Handshake::new(server.address(), path).open().await.is_ok(), "{path}");
    }
}

#[tokio::test]
async fn an_origin_of_the_settings_comes_in() {
    let flags =
        Settings::default().flag("--origin", "https://one.example").flag("--origin", "https://two.example");
    let variable = Settings::default().variable("TIDINGS_ORIGINS", "https://one.example,https://two.example");
    for settings in [flags, variable] {
        let server = TestServer::start_with(settings).await;
        assert_eq!(status_for(&server, "/ws", "https://one.example").await, 101);
        assert_eq!(status_for(&server, "/ws", "https://two.example").await, 101);
        assert_eq!(status_for(&server, "/ws", "https://three.example").await, 403);
        assert_eq!(status_for(&server, "/ws", "https://one.example.evil.example").await, 403);
    }
}
