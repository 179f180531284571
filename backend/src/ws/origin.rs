//! Which pages may connect.
//!
//! A browser lets any page open a WebSocket to any server (RFC 6455 section 10.2): it is the server that has to look
//! at the `Origin`. A client that is no browser sends none.

use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use shared::protocol::{ErrorCode, Refusal};

use crate::http::error::ApiError;

/// Lets a request pass that comes from this server's own page, from a configured origin, or from no page at all.
///
/// # Errors
/// [`ApiError`] with `forbidden`.
pub(super) fn check(headers: &HeaderMap, allowed: &[String]) -> Result<(), ApiError> {
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(origin) = header(ORIGIN) else { return Ok(()) };
    if is_allowed(origin, header(HOST).unwrap_or_default(), allowed) {
        return Ok(());
    }
    tracing::warn!(origin, "a page of a foreign origin was refused");
    let what = "Pages of this origin may not connect. The server's setting --origin names those that may.";
    Err(ApiError(Refusal::new(ErrorCode::Forbidden, what)))
}

fn is_allowed(origin: &str, host: &str, allowed: &[String]) -> bool {
    let own =
        origin.split_once("://").is_some_and(|(_, own)| !host.is_empty() && own.eq_ignore_ascii_case(host));
    own || allowed.iter().any(|one| one.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_page_and_configured_ones_pass() {
        let allowed = ["https://example.org".to_owned()];
        let own = "127.0.0.1:9501";
        for origin in
            ["http://127.0.0.1:9501", "https://127.0.0.1:9501", "https://example.org", "https://EXAMPLE.org"]
        {
            assert!(is_allowed(origin, own, &allowed), "{origin}");
        }
        for origin in
            ["http://localhost:9501", "http://127.0.0.1:9502", "https://example.org.evil", "null", ""]
        {
            assert!(!is_allowed(origin, own, &allowed), "{origin}");
        }
        assert!(!is_allowed("http://", "", &[]));
    }
}
