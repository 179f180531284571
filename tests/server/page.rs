//! Serving the page: compressed at build time, and cached by the browser.

use reqwest::header::HeaderMap;
use reqwest::{Client, StatusCode};
use tests::TestServer;

/// A response.
struct Sent {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sent {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// An HTTP client that does not decompress.
async fn get(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Sent {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = headers
        .iter()
        .fold(client.get(server.url(path)), |request, (name, value)| request.header(*name, *value));
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    Sent { status, headers, body: answer.bytes().await.unwrap().to_vec() }
}

/// Returns the files that the page names, one of each kind.
async fn files(server: &TestServer) -> Vec<String> {
    let page = get(server, "/", &[]).await;
    let html = String::from_utf8(page.body).unwrap();
    let named = html.split(['"', '\'', '=', ' ', '>']).filter(|text| text.starts_with('/'));
    let of_kind = |ending: &str| named.clone().find(|name| name.ends_with(ending)).map(str::to_owned);
    let files = [".wasm", ".js", ".css"].map(|ending| {
        of_kind(ending).unwrap_or_else(|| panic!("the page names no {ending}; has it been built? {html}"))
    });
    files.to_vec()
}

#[tokio::test]
async fn each_client_gets_the_form_that_it_takes() {
    let server = TestServer::start().await;
    let mut paths = files(&server).await;
    paths.push("/".to_owned());
    for path in paths {
        let plain = get(&server, &path, &[]).await;
        assert_eq!((plain.status, plain.header("content-encoding")), (StatusCode::OK, ""), "{path}");
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", "br"),
            ("br;q=0, gzip", "gzip"),
            ("gzip", "gzip"),
            ("identity", ""),
            ("br;q=0, gzip;q=0", ""),
            ("zstd", ""),
        ] {
            let sent = get(&server, &path, &[("accept-encoding", accepted)]).await;
            let what = format!("{path} for {accepted}");
            assert_eq!((sent.status, sent.header("content-encoding")), (StatusCode::OK, expected), "{what}");
            assert_eq!(sent.header("vary").to_lowercase(), "accept-encoding", "{what}");
            assert_eq!(sent.header("content-type"), plain.header("content-type"), "{what}");
            assert_eq!(sent.header("content-length"), sent.body.len().to_string(), "{what}");
            if expected.is_empty() {
                assert!(sent.body == plain.body, "{what}");
            } else {
                assert!(sent.body.len() < plain.body.len() * 7 / 10, "{what}: {} bytes", sent.body.len());
                assert_ne!(sent.header("etag"), plain.header("etag"), "{what}");
            }
            let starts_as_gzip = sent.body.starts_with(&[0x1f, 0x8b]);
            assert_eq!(starts_as_gzip, expected == "gzip", "{what}");
        }
    }
}

#[tokio::test]
async fn files_named_by_their_content_are_cached_and_the_others_revalidated() {
    let server = TestServer::start().await;
    for path in files(&server).await {
        let sent = get(&server, &path, &[("accept-encoding", "br")]).await;
        assert_eq!(sent.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
    }
    for path in ["/", "/favicon.svg"] {
        for accepted in ["br", "gzip", "identity"] {
            let first = get(&server, path, &[("accept-encoding", accepted)]).await;
            assert_eq!(first.header("cache-control"), "no-cache", "{path}");
            let tag = first.header("etag").to_owned();
            assert!(tag.starts_with('"'), "{path}: {tag}");
            // A proxy may have weakened the tag, or may send several.
            for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
                let headers = [("accept-encoding", accepted), ("if-none-match", &known)];
                let again = get(&server, path, &headers).await;
                assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path} {known}");
                assert_eq!(again.header("etag"), tag);
                assert_eq!(again.header("vary").to_lowercase(), "accept-encoding");
            }
            let headers = [("accept-encoding", accepted), ("if-none-match", "\"other\"")];
            assert_eq!(get(&server, path, &headers).await.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn the_compressed_forms_have_no_address_of_their_own() {
    let server = TestServer::start().await;
    for path in files(&server).await {
        for ending in [".br", ".gz"] {
            assert_eq!(get(&server, &format!("{path}{ending}"), &[]).await.status, StatusCode::NOT_FOUND);
        }
    }
}
