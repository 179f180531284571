//! The address to listen on, in the forms that people write it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::config::origin::Host;

/// The port of a server that is told none.
const PORT: u16 = 9501;

/// Where to listen. A name is looked up when the setting is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Listen {
    /// The address. Of a name with addresses of both families it is the IPv4 one.
    pub address: SocketAddr,
    /// The name, if one was given.
    pub name: Option<Host>,
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
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(SocketAddr::from((address, PORT)).into());
        }
        if let Ok(port) = text.parse() {
            return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into());
        }
        let wrong = || {
            format!(
                "“{text}” is not an address: ADDR:PORT, NAME:PORT or PORT is expected, such as 127.0.0.1:9501, \
                 localhost:9501 or 9501"
            )
        };
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
        let unknown = |why: &dyn fmt::Display| format!("“{host}” has no address: {why}");
        let found: Vec<SocketAddr> =
            (host, port).to_socket_addrs().map_err(|error| unknown(&error))?.collect();
        let address = found.iter().find(|address| address.is_ipv4()).or(found.first());
        let address = *address.ok_or_else(|| unknown(&"the name is known, but leads nowhere"))?;
        Ok(Self { address, name: Some(name) })
    }
}

impl TryFrom<String> for Listen {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> Self {
        match listen.name {
            Some(name) => format!("{name}:{}", listen.address.port()),
            None => listen.address.to_string(),
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
            assert_eq!(String::from(listen.clone()).parse(), Ok(listen), "{text}");
        }
        assert_eq!("localhost:1".parse::<Listen>().unwrap().name, Some(Host::Name("localhost".to_owned())));
    }

    #[test]
    fn what_is_no_address_is_named_with_the_form_that_is_expected() {
        for text in
            ["nowhere", "http://127.0.0.1:9501", "127.0.0.1:", "127.0.0.1:70000", "localhost:http", "-1"]
        {
            let said = text.parse::<Listen>().unwrap_err();
            assert!(said.contains(text) && said.contains("ADDR:PORT"), "{said}");
        }
    }
}
