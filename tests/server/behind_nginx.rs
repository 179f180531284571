//! The server behind a real nginx.

use std::net::SocketAddr;

use tests::raw::Handshake;
use tests::{LOBBY, Nginx, Settings, TestServer};

use crate::refusals::{request, write_all_then_read};

/// How nginx handles the body of a request and its connections to the server.
const MANNERS: [(&str, &str); 3] = [
    ("as it comes", "proxy_pass http://SERVER;"),
    ("unbuffered", "proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://SERVER;"),
    (
        "on kept connections",
        "proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_pass http://kept;",
    ),
];

fn site(listen: SocketAddr, server: SocketAddr, manner: &str) -> String {
    let manner = manner.replace("SERVER", &server.to_string());
    format!(
        "upstream kept {{ server {server}; keepalive 8; }}\n\
         server {{ listen {listen}; client_max_body_size 32m; location / {{ {manner} }} }}"
    )
}

#[tokio::test]
async fn a_refusal_comes_through_the_proxy() {
    const ROUNDS: usize = 10;
    let server = TestServer::start().await;
    let key = server.api_key();
    for (manner, location) in MANNERS {
        let nginx = Nginx::start(|listen| site(listen, server.address(), location)).await;
        for (key, allowed) in [("wrong", ["401", "429"]), (&key, ["413", "413"])] {
            for bytes in [200_000, 900_000, 20_000_000] {
                for _ in 0..if bytes > 1_000_000 { 2 } else { ROUNDS } {
                    let request = request("POST /api/publish", key);
                    let answer = write_all_then_read(nginx.address(), &request, &vec![b'x'; bytes]).await;
                    let status = answer.split(' ').nth(1).unwrap_or_default();
                    assert!(
                        allowed.contains(&status),
                        "{manner}, {bytes} bytes: {answer}\n{}",
                        nginx.errors()
                    );
                }
            }
        }
    }
}

/// The site of docs/OPERATIONS.md, without TLS.
fn documented_site(listen: SocketAddr, server: SocketAddr) -> String {
    let page = include_str!("../../docs/OPERATIONS.md");
    let (_, rest) = page.split_once("```nginx\n").expect("an example for nginx");
    let (example, _) = rest.split_once("```").expect("its end");
    for (there, why) in [("listen 443 ssl;", "it has TLS"), ("127.0.0.1:9501", "it names the server")] {
        assert!(example.contains(there), "{why}: {example}");
    }
    example
        .replace("listen 443 ssl;", &format!("listen {listen};"))
        .replace("127.0.0.1:9501", &server.to_string())
}

#[tokio::test]
async fn the_documented_site_lets_pages_of_the_public_name_in() {
    for (host, expected) in [(Some("chat.example"), 101), (None, 403)] {
        let settings = host.map_or_else(Settings::default, |host| Settings::default().flag("--host", host));
        let server = TestServer::start_with(settings).await;
        let nginx = Nginx::start(|listen| documented_site(listen, server.address())).await;
        for path in ["/ws", "/"] {
            let handshake = Handshake::new(nginx.address(), path);
            let page = handshake.header("Host", "chat.example").header("Origin", "https://chat.example");
            let status = page.open().await.map_or_else(|response| response.status, |_| 101);
            assert_eq!(status, expected, "{path} with --host {host:?}");
        }
        if host.is_none() {
            server.log().expect(&["--host", "https://chat.example", "host=\"chat.example\""]).await;
        }
        let body = format!(r#"{{"channel":"{LOBBY}","payload":{{"type":"chat","text":"hi"}}}}"#);
        let request = request("POST /api/publish", &server.api_key());
        let answer = write_all_then_read(nginx.address(), &request, body.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}
