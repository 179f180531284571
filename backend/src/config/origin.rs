//! Host names, and the origins of pages (RFC 6454), as settings and requests write them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A host: a name or an address. Two that name the same host are equal, whatever their case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name in lower case, without the dot that may end it.
    Name(String),
    /// An address that is written as such.
    Address(IpAddr),
}

impl Host {
    /// Whether a name stands for this machine wherever it is looked up (RFC 6761 section 6.3), or is an address.
    ///
    /// Such a host cannot be taken over by DNS rebinding: nobody else decides where it leads.
    pub fn is_fixed(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Address(_) => true,
        }
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("“{text}” is not a host: {why}"));
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address = inner.parse::<Ipv6Addr>();
            return address
                .map_or_else(|_| wrong("brackets hold an IPv6 address"), |ip| Ok(Self::Address(ip.into())));
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

/// A host, and the port where one is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The host.
    pub host: Host,
    /// The port. Without one, the default of the scheme counts.
    pub port: Option<u16>,
}

impl FromStr for Authority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (text, None),
        };
        let port = match port {
            None => None,
            Some(port) => Some(port.parse().map_err(|_| format!("“{port}” is not a port"))?),
        };
        Ok(Self { host: host.parse()?, port })
    }
}

/// Where a page comes from. The port is always known: `https://chat.example` is `https://chat.example:443`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    is_https: bool,
    host: Host,
    port: u16,
}

impl Origin {
    /// Whether a page of this origin would send `authority` as the `Host` of a request to its own server. A `Host`
    /// without a port means the default port of the page's scheme, because a proxy that ends TLS passes it on so.
    pub fn is_at(&self, authority: &Authority) -> bool {
        self.host == authority.host && self.port == authority.port.unwrap_or(default_port(self.is_https))
    }
}

fn default_port(is_https: bool) -> u16 {
    if is_https { 443 } else { 80 }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("“{text}” is not an origin: http://HOST, https://HOST or https://HOST:PORT is expected")
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let is_https = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => true,
            _ if scheme.eq_ignore_ascii_case("http") => false,
            _ => return Err(wrong()),
        };
        // People copy it from the address bar, which ends it with a slash.
        let authority = rest.strip_suffix('/').unwrap_or(rest).parse::<Authority>();
        let Authority { host, port } = authority.map_err(|why| format!("{}; {why}", wrong()))?;
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

/// Host names under which the server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnHost {
    /// Any name: a proxy in front has checked it.
    Any,
    /// This one.
    One(Host),
}

impl OwnHost {
    /// Whether `host` is meant.
    pub fn covers(&self, host: &Host) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => one == host,
        }
    }
}

impl FromStr for OwnHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
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
            let said = text.parse::<Origin>().unwrap_err();
            assert!(said.contains(text) && said.contains("https://HOST"), "{said}");
        }
        assert!("https://例子.cn".parse::<Origin>().unwrap_err().contains("xn--"));
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
