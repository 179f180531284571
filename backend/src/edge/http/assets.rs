//! Serves the web app, which is embedded in the binary.

use std::borrow::Cow;

use actix_web::http::Method;
use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentEncoding, ETAG,
    Encoding, EntityTag, IfNoneMatch, VARY,
};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, Responder as _};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::policy;
use super::resource::READ;
use crate::edge::refusal::{self, ApiError};

/// The files that `cargo xtask` or trunk has built. A debug build reads them from the disk for each request, so `trunk build` is
/// enough to see a change. A release build embeds them.
#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
#[allow_missing = true]
struct App;

/// The response of `/` if the app was not built.
const NO_APP: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tidings</title>\
<body style=\"font:1rem/1.6 system-ui;max-width:36rem;margin:4rem auto;padding:0 1rem\"><h1>Tidings is running</h1>\
<p>This server was built without the app. Build it with <code>cargo xtask run</code>, or for development with \
<code>trunk serve</code>. The API and the WebSockets on <code>/ws</code> and <code>/</code> work as they are.</p>";

/// The compressed variants of a file, best first, with the suffixes of their names.
const COMPRESSED: [(ContentEncoding, &str); 2] =
    [(ContentEncoding::Brotli, ".br"), (ContentEncoding::Gzip, ".gz")];

pub(super) async fn index(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    match App::get("index.html") {
        Some(file) => Ok(answer(&request, "index.html", file)),
        None => Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(NO_APP)),
    }
}

pub(super) async fn file(request: HttpRequest) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    let is_form_of_another = COMPRESSED.iter().any(|(_, ending)| path.ends_with(ending));
    match App::get(path) {
        Some(_) if !matches!(*request.method(), Method::GET | Method::HEAD) => {
            refusal::other_method(request.method(), READ)
        }
        Some(file) if !is_form_of_another => answer(&request, path, file),
        _ => refusal::not_found().await.respond_to(&request),
    }
}

fn answer(request: &HttpRequest, path: &str, plain: EmbeddedFile) -> HttpResponse {
    let policy = (path == "index.html").then(|| policy::of_page(&plain.data));
    let forms: Vec<(ContentEncoding, EmbeddedFile)> = COMPRESSED
        .iter()
        .filter_map(|(encoding, ending)| Some((*encoding, App::get(&format!("{path}{ending}"))?)))
        .collect();
    let varies = !forms.is_empty();
    let (encoding, file) = choose(request, forms).unwrap_or((ContentEncoding::Identity, plain));
    let tag = tag_of(&file);
    let known = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        None => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, caching(path)));
    response.insert_header(("X-Content-Type-Options", "nosniff"));
    if varies {
        response.insert_header((VARY, "Accept-Encoding"));
    }
    if let Some(policy) = policy {
        response.insert_header((CONTENT_SECURITY_POLICY, policy));
    }
    if known {
        return response.finish();
    }
    if encoding != ContentEncoding::Identity {
        response.insert_header((CONTENT_ENCODING, encoding.as_str()));
    }
    response.content_type(content_type(path)).body(match file.data {
        Cow::Borrowed(bytes) => bytes::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    })
}

/// Returns the best variant that the client accepts, or `None` for the uncompressed file. A client that sends no
/// `Accept-Encoding` gets the uncompressed file.
fn choose(
    request: &HttpRequest,
    forms: Vec<(ContentEncoding, EmbeddedFile)>,
) -> Option<(ContentEncoding, EmbeddedFile)> {
    let accepted = request.get_header::<AcceptEncoding>()?;
    let offered: Vec<Encoding> = forms.iter().map(|(encoding, _)| Encoding::Known(*encoding)).collect();
    let chosen = accepted.negotiate(offered.iter().chain([&Encoding::identity()]))?;
    forms.into_iter().find(|(encoding, _)| chosen == Encoding::Known(*encoding))
}

/// Returns the entity tag of a variant. Each variant has its own, because their bytes differ.
fn tag_of(file: &EmbeddedFile) -> EntityTag {
    let hash = file.metadata.sha256_hash();
    EntityTag::new_strong(hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// Returns the `Cache-Control` of a file. The build writes the hash of a file's content into its name, so such a file never changes.
/// The hash is a 64-bit number; trunk writes it without leading zeros.
fn caching(path: &str) -> &'static str {
    let stem = path.split('.').next().unwrap_or_default();
    let hash = stem.rsplit('-').next().unwrap_or_default().trim_end_matches("_bg");
    let is_hash = (12..=16).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
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
    fn only_files_with_a_hash_in_their_name_are_immutable() {
        for path in
            ["frontend-0123456789abcdef_bg.wasm", "frontend-123456789abcdef.js", "base-00ff00ff00ff00ff.css"]
        {
            assert!(caching(path).contains("immutable"), "{path}");
        }
        for path in ["index.html", "favicon.svg", "frontend-main.js"] {
            assert_eq!(caching(path), "no-cache", "{path}");
        }
    }
}
