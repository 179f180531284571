//! The origins that may open a WebSocket.

use tests::raw::Handshake;
use tests::{Settings, TestServer};

/// Returns the status of a handshake from a page of `origin`.
async fn status_for(server: &TestServer, path: &str, origin: &str) -> u16 {
    match Handshake::new(server.address(), path).header("Origin", origin).open().await {
        Ok(_) => 101,
        Err(response) => response.status,
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused() {
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
async fn the_own_page_and_a_native_client_are_accepted() {
    let server = TestServer::start().await;
    for path in ["/ws", "/"] {
        assert_eq!(status_for(&server, path, &server.url("")).await, 101, "{path}");
        assert!(Handshake::new(server.address(), path).open().await.is_ok(), "{path}");
    }
}

#[tokio::test]
async fn a_configured_origin_is_accepted() {
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

/// Returns the status of a handshake from a page of `origin` that is sent to `host`.
async fn status_at(server: &TestServer, path: &str, host: &str, origin: &str) -> u16 {
    let handshake = Handshake::new(server.address(), path).header("Host", host).header("Origin", origin);
    handshake.open().await.map_or_else(|response| response.status, |_| 101)
}

#[tokio::test]
async fn a_default_port_may_be_written_or_not() {
    let settings =
        Settings::default().flag("--host", "chat.example").flag("--origin", "https://two.example:443/");
    let server = TestServer::start_with(settings).await;
    for path in ["/ws", "/"] {
        for (host, origin, status) in [
            ("chat.example:443", "https://chat.example", 101),
            ("chat.example:80", "http://chat.example", 101),
            ("Chat.Example", "https://chat.example", 101),
            ("[::1]:9501", "http://[::1]:9501", 101),
            ("chat.example:443", "http://chat.example", 403),
            ("chat.example", "https://two.example", 101),
        ] {
            assert_eq!(status_at(&server, path, host, origin).await, status, "{path} {host} {origin}");
        }
    }
}

#[tokio::test]
async fn a_page_that_uses_dns_rebinding_is_refused() {
    let server = TestServer::start().await;
    for path in ["/ws", "/"] {
        assert_eq!(status_at(&server, path, "evil.test:9501", "http://evil.test:9501").await, 403, "{path}");
        server.log().expect(&["--host", "origin=\"http://evil.test:9501\"", "host=\"evil.test:9501\""]).await;
        for own in ["localhost:9501", "app.localhost", "127.0.0.1:9501", "192.0.2.7"] {
            assert_eq!(status_at(&server, path, own, &format!("http://{own}")).await, 101, "{path} {own}");
        }
    }
    let refused = Handshake::new(server.address(), "/ws")
        .header("Host", "evil.test")
        .header("Origin", "http://evil.test")
        .open()
        .await
        .expect_err("a refusal");
    assert!(refused.text.contains("TIDINGS_HOSTS"), "{refused:?}");
}
