//! The page, embedded in the binary.

use std::borrow::Cow;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, Responder as _};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::{self, ApiError};
use super::policy;

/// What trunk has built. A debug build reads the files when they are asked for, so that `trunk build` is enough to
/// see a change; a release build carries them.
#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
#[allow_missing = true]
struct Page;

/// What `/` says where the page has not been built.
const NO_PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tidings</title>\
<body style=\"font:1rem/1.6 system-ui;max-width:36rem;margin:4rem auto;padding:0 1rem\"><h1>Tidings is running</h1>\
<p>This server was built without the page. Build it with <code>cargo xtask run</code>, or for development with \
<code>trunk serve</code>. The API and the WebSockets on <code>/ws</code> and <code>/</code> work as they are.</p>";

pub(super) async fn index(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    match Page::get("index.html") {
        Some(page) => Ok(answer(&request, "index.html", page)),
        None => Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(NO_PAGE)),
    }
}

pub(super) async fn file(request: HttpRequest) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return error::wrong_method().await.respond_to(&request);
    }
    let path = request.path().trim_start_matches('/');
    match Page::get(path) {
        Some(file) => answer(&request, path, file),
        None => error::not_found().await.respond_to(&request),
    }
}

fn answer(request: &HttpRequest, path: &str, file: EmbeddedFile) -> HttpResponse {
    let hash: String =
        file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, caching(path)));
    response.insert_header(("X-Content-Type-Options", "nosniff"));
    if path == "index.html" {
        response.insert_header((CONTENT_SECURITY_POLICY, policy::of_page(&file.data)));
    }
    if known {
        return response.finish();
    }
    response.content_type(content_type(path)).body(match file.data {
        Cow::Borrowed(bytes) => bytes::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    })
}

/// trunk puts the hash of a file's content into its name: such a file never changes.
fn caching(path: &str) -> &'static str {
    let stem = path.split('.').next().unwrap_or_default();
    let hash = stem.rsplit('-').next().unwrap_or_default().trim_end_matches("_bg");
    let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webmanifest" | "json" => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        for path in
            ["frontend-0123456789abcdef_bg.wasm", "frontend-0123456789abcdef.js", "base-00ff00ff00ff00ff.css"]
        {
            assert!(caching(path).contains("immutable"), "{path}");
        }
        for path in ["index.html", "favicon.svg", "frontend-main.js"] {
            assert_eq!(caching(path), "no-cache", "{path}");
        }
    }
}
