//! Runs a real nginx in front of the server.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::deadline::{DEADLINE, eventually};
use crate::server::undertaker_of;

/// A running nginx with the story's configuration. It is stopped when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    address: SocketAddr,
    child: Child,
    undertaker: Child,
    folder: TempDir,
}

impl Nginx {
    /// Starts nginx and waits until it accepts connections. `config` gets the address to listen on and returns the
    /// `http` block.
    pub async fn start(config: impl Fn(SocketAddr) -> String) -> Self {
        // Another process may take the port first; then another port is tried.
        eventually(DEADLINE, "nginx starts", async || {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let address = free.expect("a free port");
            let mut nginx = Self::spawn(address, &config(address));
            eventually(DEADLINE, "nginx listens or ends", async || {
                if nginx.has_ended() {
                    return Ok(Err(nginx.errors()));
                }
                let connected = TcpStream::connect(address).await;
                connected.map(|_| Ok(())).map_err(|error| format!("{error}: {}", nginx.errors()))
            })
            .await?;
            Ok(nginx)
        })
        .await
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its error log.
    pub fn errors(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }

    fn spawn(address: SocketAddr, http: &str) -> Self {
        let folder = TempDir::with_prefix("tidings-nginx-").expect("a folder for nginx");
        let config = format!(
            "daemon off; master_process off; pid nginx.pid; error_log error.log;\nevents {{}}\nhttp {{\naccess_log off;\n\
             client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; \
             scgi_temp_path scgi;\n{http}\n}}\n"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config).expect("nginx's config can be written");
        let program = program();
        let mut command = Command::new(&program);
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("{} cannot be started: {error}. `cargo xtask test` fetches nginx", program.display())
        });
        let undertaker = undertaker_of(&child);
        Self { address, child, undertaker, folder }
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the child's state can be read").is_some()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // End the undertaker first: after nginx has ended, another process may get its process id.
        for child in [&mut self.undertaker, &mut self.child] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Returns the program that `NGINX` names, or Debian's path, or the first on PATH.
fn program() -> PathBuf {
    let debian = Path::new("/usr/sbin/nginx");
    let found = || if debian.is_file() { debian.to_owned() } else { "nginx".into() };
    std::env::var_os("NGINX").map_or_else(found, PathBuf::from)
}
