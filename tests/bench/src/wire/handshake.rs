//! The opening handshake (RFC 6455 section 4), for both sides.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest as _, Sha1};

/// The key of the example in RFC 6455. One key for all connections, because there is no cache to protect from.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// Maximum length of a head. A longer one is not from a server of this bench.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Returns the request of a client.
pub fn request(host: &str, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// Returns the length of the head at the beginning of `bytes`, or `None` if it is incomplete.
///
/// # Errors
/// Returns the first line if the head is longer than the maximum.
pub fn head_bytes(bytes: &[u8]) -> Result<Option<usize>, String> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|end| end + 4);
    if end.is_none() && bytes.len() > HEAD_BYTES_MAX {
        return Err(first_line(bytes));
    }
    Ok(end)
}

/// Checks a server's answer.
///
/// # Errors
/// Returns the first line of the answer if it does not accept the handshake.
pub fn check(head: &[u8]) -> Result<(), String> {
    let accepted = head.starts_with(b"HTTP/1.1 101")
        && field(head, "sec-websocket-accept").is_some_and(|value| value == accept(KEY));
    if accepted { Ok(()) } else { Err(first_line(head)) }
}

/// Returns the path of a client's request, and the answer to it.
pub fn answer(head: &[u8]) -> Option<(String, String)> {
    let line = first_line(head);
    let path = line.strip_prefix("GET ")?.split(' ').next()?.to_owned();
    let accept = accept(&field(head, "sec-websocket-key")?);
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    Some((path, answer))
}

fn accept(key: &str) -> String {
    BASE64_STANDARD.encode(Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")))
}

fn field(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_agree() {
        let request = request("127.0.0.1:1", "/sub/7");
        assert_eq!(head_bytes(request.as_bytes()), Ok(Some(request.len())));
        let (path, answer) = answer(request.as_bytes()).unwrap();
        assert_eq!(path, "/sub/7");
        assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the accept key of the example in RFC 6455");
        assert_eq!(check(answer.as_bytes()), Ok(()));
    }

    #[test]
    fn a_refusal_is_told() {
        assert_eq!(check(b"HTTP/1.1 503 Busy\r\n\r\n"), Err("HTTP/1.1 503 Busy".to_owned()));
        assert_eq!(head_bytes(b"HTTP/1.1 101"), Ok(None));
    }
}
