//! Decides which web pages may connect.
//!
//! A browser lets any page open a WebSocket to any server (RFC 6455 section 10.2), so the server must check the `Origin` header.
//! A client that is not a browser sends none.
//!
//! For a page of this server, `Origin` and `Host` agree. That alone proves nothing: the owner of a name can point it to this
//! server after the page is loaded (DNS rebinding), and then they agree too. So the host must also be one that nobody else can
//! point here, or one that the settings name.

use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use shared::protocol::{ErrorCode, Refusal};

use crate::config::{Authority, Host, Origin, Settings};
use crate::edge::refusal::ApiError;
use crate::telemetry::{Event, Events};

/// Accepts a request of this server's own page, of a configured origin, or without an `Origin` header.
///
/// # Errors
/// [`ApiError`] with `forbidden`.
pub(super) fn check(headers: &HeaderMap, settings: &Settings, events: &Events) -> Result<(), ApiError> {
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(origin) = header(ORIGIN) else { return Ok(()) };
    let host = header(HOST).unwrap_or_default();
    let what = match judge(origin, host, settings) {
        Verdict::Allowed => return Ok(()),
        Verdict::Foreign => {
            events.emit(Event::OriginRefused { origin, host });
            "Pages of this origin may not connect. The server's setting --origin (TIDINGS_ORIGINS) names those that may."
        }
        Verdict::UnknownHost => {
            events.emit(Event::HostRefused { origin, host });
            "The server does not know the host name that this request was sent to. Its setting --host (TIDINGS_HOSTS) names its own."
        }
    };
    Err(ApiError::from(Refusal::new(ErrorCode::Forbidden, what)))
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Allowed,
    Foreign,
    /// `Origin` and `Host` agree, but anybody could have pointed this name here.
    UnknownHost,
}

fn judge(origin: &str, host: &str, settings: &Settings) -> Verdict {
    let Ok(origin) = origin.parse::<Origin>() else { return Verdict::Foreign };
    if settings.origins.contains(&origin) {
        return Verdict::Allowed;
    }
    match host.parse::<Authority>() {
        Ok(authority) if origin.is_at(&authority) => {
            if is_own(&authority.host, settings) {
                Verdict::Allowed
            } else {
                Verdict::UnknownHost
            }
        }
        _ => Verdict::Foreign,
    }
}

fn is_own(host: &Host, settings: &Settings) -> bool {
    host.is_fixed()
        || settings.listen.name.as_ref() == Some(host)
        || settings.hosts.iter().any(|own| own.covers(host))
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Allowed, Foreign, UnknownHost};
    use super::*;

    fn settings(hosts: &str, origins: &str) -> Settings {
        Settings { hosts: hosts.parse().unwrap(), origins: origins.parse().unwrap(), ..Settings::default() }
    }

    #[test]
    fn only_the_own_page_and_configured_origins_are_allowed() {
        let settings = settings("", "https://example.org:443");
        let own = "127.0.0.1:9501";
        for origin in
            ["http://127.0.0.1:9501", "https://127.0.0.1:9501", "https://example.org", "https://EXAMPLE.org"]
        {
            assert_eq!(judge(origin, own, &settings), Allowed, "{origin}");
        }
        for origin in [
            "http://localhost:9501",
            "http://127.0.0.1:9502",
            "https://example.org.evil",
            "https://example.org:444",
            "http://",
            "null",
            "",
        ] {
            assert_eq!(judge(origin, own, &settings), Foreign, "{origin}");
        }
        assert_eq!(judge("http://", "", &settings), Foreign);
    }

    #[test]
    fn a_default_port_may_be_written_or_not() {
        let settings = settings("chat.example", "");
        for (origin, host, verdict) in [
            ("https://chat.example", "chat.example:443", Allowed),
            ("https://chat.example", "chat.example", Allowed),
            ("http://chat.example", "chat.example:80", Allowed),
            ("http://chat.example", "chat.example:443", Foreign),
            ("https://chat.example", "chat.example:80", Foreign),
            ("http://[::1]:9501", "[::1]:9501", Allowed),
            ("http://LOCALHOST:9501", "localhost:9501", Allowed),
        ] {
            assert_eq!(judge(origin, host, &settings), verdict, "{origin} {host}");
        }
    }

    #[test]
    fn a_host_name_that_anybody_can_point_here_must_be_configured() {
        let (page, host) = ("http://evil.test:9501", "evil.test:9501");
        assert_eq!(judge(page, host, &settings("", "")), UnknownHost);
        assert_eq!(judge(page, host, &settings("chat.example", "")), UnknownHost);
        assert_eq!(judge(page, host, &settings("evil.test", "")), Allowed);
        assert_eq!(judge(page, host, &settings("*", "")), Allowed);
        let listen = Settings { listen: "localhost:9501".parse().unwrap(), ..settings("", "") };
        assert_eq!(judge(page, host, &listen), UnknownHost);
    }
}
