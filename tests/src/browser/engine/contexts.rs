//! One Chromium for the people of all stories of this process. Each person has a browser context of their own: storage, cookies
//! and tabs as in a browser of their own, at less than half of its cost.
//!
//! Contexts are made over the browser's own connection, because a page's connection may not make any.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::{binary, chromium};
use crate::browser::driver::Helper;
use crate::browser::tab_console::TabConsole;
use crate::deadline::{PATIENCE, eventually};

/// The file in which Chromium writes its port and the path of its own connection, one per line.
const PORT_FILE: &str = "DevToolsActivePort";

/// A Chromium that runs until this process ends.
#[derive(Debug)]
struct SharedChromium {
    /// Address of its remote control: host and port.
    address: String,
    /// Path of the connection to the browser, not to one of its pages.
    path: String,
    /// Ends it, and then removes its profile.
    _helper: Helper,
}

/// A browser context. It must be closed.
#[derive(Debug)]
pub(in crate::browser) struct Context {
    id: String,
    /// The consoles of its tabs.
    consoles: Mutex<Vec<Arc<TabConsole>>>,
}

impl Context {
    /// Makes a context without tabs.
    pub(in crate::browser) async fn open() -> Self {
        let made = command("Target.createBrowserContext", json!({})).await;
        let id = made["browserContextId"].as_str().expect("the id of a context").to_owned();
        Self { id, consoles: Mutex::default() }
    }

    /// Opens an empty tab in front of the others. Returns its WebDriver handle.
    pub(in crate::browser) async fn open_tab(&self, in_new_window: bool) -> String {
        let mut tab = json!({"url": "about:blank", "browserContextId": self.id});
        if in_new_window {
            tab["newWindow"] = true.into();
            (tab["width"], tab["height"]) = (1280.into(), 900.into());
        }
        let opened = command("Target.createTarget", tab).await;
        let tab = opened["targetId"].as_str().expect("the id of a tab").to_owned();
        let console = TabConsole::of(address().await, &tab).await;
        self.consoles.lock().unwrap().push(Arc::new(console));
        tab
    }

    /// Returns the console errors of all tabs since the last call.
    pub(in crate::browser) async fn errors(&self) -> Vec<String> {
        let consoles = self.consoles.lock().unwrap().clone();
        let mut errors = Vec::new();
        for console in consoles {
            errors.extend(console.errors().await);
        }
        errors
    }

    /// Closes the context with its tabs, and forgets its data.
    pub(in crate::browser) async fn close(&self) {
        // A Chromium that has crashed has no context to close.
        let close = try_command("Target.disposeBrowserContext", json!({"browserContextId": self.id}));
        let _ = tokio::time::timeout(PATIENCE, close).await;
    }
}

/// Returns the address of the shared Chromium's remote control. The first call starts it.
pub(super) async fn address() -> &'static str {
    &shared().await.address
}

async fn shared() -> &'static SharedChromium {
    static SHARED: OnceCell<SharedChromium> = OnceCell::const_new();
    SHARED.get_or_init(start).await
}

async fn start() -> SharedChromium {
    let profile = std::env::temp_dir().join(format!("tidings-chromium-{}", std::process::id()));
    // A killed process with the same id may have left its own, with an old port.
    let _ = std::fs::remove_dir_all(&profile);
    let mut arguments: Vec<String> = chromium::steady_flags().map(str::to_owned).collect();
    arguments.push("--remote-debugging-port=0".to_owned());
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let program = binary("CHROME", &["chromium"]);
    let helper = Helper::start_with_folder(program.as_os_str(), &arguments, &[], &profile);
    let (port, path) = eventually(PATIENCE, "Chromium opens its remote control", async || {
        control_of(&profile).ok_or_else(|| format!("no {PORT_FILE} in {}", profile.display()))
    })
    .await;
    SharedChromium { address: format!("127.0.0.1:{port}"), path, _helper: helper }
}

fn control_of(profile: &Path) -> Option<(u16, String)> {
    let file: PathBuf = profile.join(PORT_FILE);
    let text = std::fs::read_to_string(file).ok()?;
    let mut lines = text.lines();
    Some((lines.next()?.parse().ok()?, lines.next()?.to_owned()))
}

/// Sends a command to the browser and returns its result.
async fn command(method: &str, parameters: Value) -> Value {
    let reply = tokio::time::timeout(PATIENCE, try_command(method, parameters)).await;
    reply.unwrap_or_else(|_| panic!("{method} has no reply")).unwrap_or_else(|e| panic!("{method}: {e}"))
}

async fn try_command(method: &str, parameters: Value) -> Result<Value, String> {
    let shared = shared().await;
    let url = format!("ws://{}{}", shared.address, shared.path);
    let (mut socket, _) = connect_async(&url).await.map_err(|e| e.to_string())?;
    let request = json!({"id": 1, "method": method, "params": parameters});
    socket.send(Message::text(request.to_string())).await.map_err(|e| e.to_string())?;
    while let Some(message) = socket.next().await {
        let message = message.map_err(|e| e.to_string())?;
        let reply: Value = serde_json::from_str(message.to_text().unwrap_or_default()).unwrap_or_default();
        if reply["id"] == 1 {
            return if reply["error"].is_null() {
                Ok(reply["result"].clone())
            } else {
                Err(reply["error"].to_string())
            };
        }
    }
    Err("the connection was closed".to_owned())
}
