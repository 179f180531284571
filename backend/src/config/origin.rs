//! Host names, and the origins of pages (RFC 6454), in the forms of settings and requests.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// A host: a name or an address. The case of a name is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name in lower case, without a dot at its end.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl Host {
    /// Whether the host is an address, or a name that means this machine everywhere (RFC 6761 section 6.3).
    ///
    /// DNS rebinding cannot use such a host, because DNS does not resolve it.
    pub(crate) fn is_fixed(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Address(_) => true,
        }
    }
}

/// Why a text is not a host. The message is for the operator.
#[derive(Debug, Error)]
#[error("“{text}” is not a host: {reason}")]
pub struct HostError {
    /// The text.
    pub text: String,
    /// What is wrong, or the expected form.
    pub reason: &'static str,
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let wrong = |reason| Err(HostError { text: text.to_owned(), reason });
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address = inner.parse::<Ipv6Addr>();
            return address.map_or_else(
                |_| wrong("an IPv6 address is expected in the brackets"),
                |ip| Ok(Self::Address(ip.into())),
            );
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        if !text.is_ascii() {
            return wrong("browsers send names in their ASCII form, which begins with xn--");
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(legal) {
            return wrong("a name such as chat.example is expected, without scheme, port and path");
        }
        Ok(Self::Name(name))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// A host, and a port if one is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    /// The host.
    pub host: Host,
    /// The port, or `None` for the default port of the scheme.
    pub port: Option<u16>,
}

/// Why a text is not a host with an optional port. The message is for the operator.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// The host is wrong.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The port is wrong.
    #[error("“{0}” is not a port")]
    Port(String),
}

impl FromStr for Authority {
    type Err = AuthorityError;

    fn from_str(text: &str) -> Result<Self, AuthorityError> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (text, None),
        };
        let port = match port {
            None => None,
            Some(port) => Some(port.parse().map_err(|_| AuthorityError::Port(port.to_owned()))?),
        };
        Ok(Self { host: host.parse()?, port })
    }
}

/// The origin of a page. The port is always known: `https://chat.example` is `https://chat.example:443`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    is_https: bool,
    host: Host,
    port: u16,
}

impl Origin {
    /// Whether a page of this origin sends `authority` as the `Host` of a request to its own server. A `Host` without a port
    /// means the default port of the page's scheme, because a proxy that ends TLS forwards it in this form.
    pub(crate) fn is_at(&self, authority: &Authority) -> bool {
        self.host == authority.host && self.port == authority.port.unwrap_or(default_port(self.is_https))
    }
}

fn default_port(is_https: bool) -> u16 {
    if is_https { 443 } else { 80 }
}

/// Why a text is not an origin. The message is for the operator.
#[derive(Debug, Error)]
pub enum OriginError {
    /// It has not the expected form.
    #[error("“{0}” is not an origin: http://HOST, https://HOST or https://HOST:PORT is expected")]
    Form(String),
    /// The host or the port is wrong.
    #[error(
        "“{text}” is not an origin: http://HOST, https://HOST or https://HOST:PORT is expected; {reason}"
    )]
    Authority {
        /// The text.
        text: String,
        /// What is wrong.
        reason: AuthorityError,
    },
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let wrong = || OriginError::Form(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let is_https = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => true,
            _ if scheme.eq_ignore_ascii_case("http") => false,
            _ => return Err(wrong()),
        };
        // In the address bar, from which people copy it, it ends with a slash.
        let authority = rest.strip_suffix('/').unwrap_or(rest).parse::<Authority>();
        let Authority { host, port } =
            authority.map_err(|reason| OriginError::Authority { text: text.to_owned(), reason })?;
        Ok(Self { is_https, host, port: port.unwrap_or(default_port(is_https)) })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == default_port(self.is_https) { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// A host name of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnHost {
    /// Any name, because a proxy in front of the server has checked it.
    Any,
    /// One name.
    One(Host),
}

impl OwnHost {
    /// Whether `host` is this name, or any name is allowed.
    pub(crate) fn covers(&self, host: &Host) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => one == host,
        }
    }
}

impl FromStr for OwnHost {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        if text == "*" { Ok(Self::Any) } else { text.parse().map(Self::One) }
    }
}

impl fmt::Display for OwnHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::One(host) => host.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    #[test]
    fn an_origin_has_one_form() {
        for (text, form) in [
            ("https://chat.example:443", "https://chat.example"),
            ("https://chat.example/", "https://chat.example"),
            ("HTTPS://Chat.Example.", "https://chat.example"),
            ("http://chat.example:80", "http://chat.example"),
            ("http://chat.example:443", "http://chat.example:443"),
            ("http://[0:0::1]:9501", "http://[::1]:9501"),
        ] {
            assert_eq!(origin(text).to_string(), form);
        }
    }

    #[test]
    fn what_is_no_origin_is_named_with_the_form_that_is_expected() {
        let wrong = [
            "example.org",
            "ftp://a.example",
            "https://",
            "https://a/b",
            "https://a?b",
            "https://a:x",
            "null",
        ];
        for text in wrong {
            let said = text.parse::<Origin>().unwrap_err().to_string();
            assert!(said.contains(text) && said.contains("https://HOST"), "{said}");
        }
        assert!("https://例子.cn".parse::<Origin>().unwrap_err().to_string().contains("xn--"));
    }

    #[test]
    fn a_page_is_at_the_host_and_port_of_its_server() {
        let at = |page: &str, host: &str| origin(page).is_at(&host.parse().unwrap());
        for (page, host) in [
            ("https://chat.example", "chat.example"),
            ("https://chat.example", "chat.example:443"),
            ("https://chat.example", "CHAT.example:443"),
            ("http://chat.example", "chat.example:80"),
            ("http://127.0.0.1:9501", "127.0.0.1:9501"),
            ("http://[::1]:9501", "[::1]:9501"),
        ] {
            assert!(at(page, host), "{page} {host}");
        }
        for (page, host) in [
            ("http://chat.example", "chat.example:443"),
            ("https://chat.example", "chat.example:80"),
            ("https://chat.example:444", "chat.example"),
            ("http://localhost:9501", "127.0.0.1:9501"),
            ("https://chat.example", "example"),
        ] {
            assert!(!at(page, host), "{page} {host}");
        }
    }

    #[test]
    fn nobody_else_decides_where_a_fixed_host_leads() {
        for (host, fixed) in [
            ("localhost", true),
            ("app.localhost", true),
            ("LOCALHOST.", true),
            ("127.0.0.1", true),
            ("[::1]", true),
            ("203.0.113.7", true),
            ("evil.test", false),
            ("localhost.evil.test", false),
            ("127.0.0.1.evil.test", false),
        ] {
            assert_eq!(host.parse::<Host>().unwrap().is_fixed(), fixed, "{host}");
        }
    }
}
