//! The address to listen on, in the forms in which people write it.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

use serde::Deserialize;
use thiserror::Error;

use crate::config::origin::Host;

/// The default port.
const PORT: u16 = 9501;

/// The address to listen on. A name is resolved when the setting is read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Listen {
    /// The address. If a name has addresses of both families, the IPv4 one.
    pub address: SocketAddr,
    /// The name, if one was given.
    pub name: Option<Host>,
}

/// Why a text is not an address to listen on. The message is for the operator.
#[derive(Debug, Error)]
pub enum ListenError {
    /// It has none of the expected forms.
    #[error(
        "“{0}” is not an address: ADDR:PORT, NAME:PORT or PORT is expected, such as 127.0.0.1:9501, localhost:9501 or 9501"
    )]
    Form(String),
    /// The name cannot be resolved.
    #[error("“{host}” has no address: {reason}")]
    Unknown {
        /// The name.
        host: String,
        /// The error of the operating system.
        reason: io::Error,
    },
    /// The name is known, but has no address.
    #[error("“{0}” has no address")]
    NoAddress(String),
}

impl Default for Listen {
    fn default() -> Self {
        SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)).into()
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self { address, name: None }
    }
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(SocketAddr::from((address, PORT)).into());
        }
        if let Ok(port) = text.parse() {
            return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into());
        }
        let wrong = || ListenError::Form(text.to_owned());
        let (host, port) = if text == "localhost" {
            (text, PORT)
        } else {
            let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
            (host, port.parse().map_err(|_| wrong())?)
        };
        if matches!(host, "" | "*") {
            return Ok(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into());
        }
        let name = host.parse::<Host>().map_err(|_| wrong())?;
        let unknown = |reason| ListenError::Unknown { host: host.to_owned(), reason };
        let found: Vec<SocketAddr> = (host, port).to_socket_addrs().map_err(unknown)?.collect();
        let address = found.iter().find(|address| address.is_ipv4()).or(found.first());
        let address = *address.ok_or_else(|| ListenError::NoAddress(host.to_owned()))?;
        Ok(Self { address, name: Some(name) })
    }
}

impl TryFrom<String> for Listen {
    type Error = ListenError;
    fn try_from(text: String) -> Result<Self, ListenError> {
        text.parse()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name}:{}", self.address.port()),
            None => self.address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_written_in_many_forms() {
        for (text, address) in [
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("[::1]:9000", "[::1]:9000"),
            ("localhost:9000", "127.0.0.1:9000"),
            ("localhost", "127.0.0.1:9501"),
            ("9000", "127.0.0.1:9000"),
            (":9000", "0.0.0.0:9000"),
            ("*:9000", "0.0.0.0:9000"),
            ("0.0.0.0", "0.0.0.0:9501"),
            ("::1", "[::1]:9501"),
        ] {
            let listen = text.parse::<Listen>().unwrap();
            assert_eq!(listen.address.to_string(), address, "{text}");
            assert_eq!(listen.to_string().parse::<Listen>().unwrap(), listen, "{text}");
        }
        assert_eq!("localhost:1".parse::<Listen>().unwrap().name, Some(Host::Name("localhost".to_owned())));
    }

    #[test]
    fn what_is_no_address_is_named_with_the_form_that_is_expected() {
        for text in
            ["nowhere", "http://127.0.0.1:9501", "127.0.0.1:", "127.0.0.1:70000", "localhost:http", "-1"]
        {
            let said = text.parse::<Listen>().unwrap_err().to_string();
            assert!(said.contains(text) && said.contains("ADDR:PORT"), "{said}");
        }
    }
}
