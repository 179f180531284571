//! The options of WebKit's MiniBrowser, and the screen that it draws on.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::json;
use thirtyfour::Capabilities;

use super::{Options, binary};
use crate::browser::driver::{Driver, Helper, program};
use crate::browser::screen::{Screen, Waits};
use crate::deadline::{PATIENCE, eventually};

/// Where Debian, Ubuntu and Fedora install MiniBrowser, which is not on PATH.
const FOLDERS: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1",
    "/usr/libexec/webkit2gtk-4.1",
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.0",
];

/// Starts a driver: each drives one browser. Returns when it answers.
pub(super) async fn driver() -> Arc<Driver> {
    // It does not print a port that it chose itself.
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    let port = free.expect("a free port for the driver").port();
    let environment = [
        ("DISPLAY", display()),
        // Tests often run as root in a container, where WebKit's sandbox does not work.
        ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1"),
        // Without a graphics card this saves a failing attempt to use one.
        ("LIBGL_ALWAYS_SOFTWARE", "1"),
        ("NO_AT_BRIDGE", "1"),
    ];
    let arguments = [format!("--port={port}")];
    let helper = Helper::start(&program("WEBKIT_DRIVER", "WebKitWebDriver"), &arguments, &environment);
    let driver = Driver::at(port, helper);
    eventually(PATIENCE, "WebKitWebDriver answers", async || {
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.map(drop).map_err(|e| e.to_string())
    })
    .await;
    Arc::new(driver)
}

/// An automated MiniBrowser keeps its data in memory, so it needs no profile.
pub(super) fn capabilities(options: Options) -> Capabilities {
    assert_eq!(options.screen, Screen::Wide, "MiniBrowser imitates no phone");
    let mut webkit = Capabilities::new();
    let settings = json!({"binary": mini_browser(), "args": ["--automation"]});
    webkit.set("webkitgtk:browserOptions", settings).expect("a capability is JSON");
    let strategy = if options.waits == Waits::ForHtml { "eager" } else { "normal" };
    webkit.set("pageLoadStrategy", strategy).expect("a capability is JSON");
    webkit
}

fn mini_browser() -> PathBuf {
    let known = FOLDERS.iter().map(|folder| Path::new(folder).join("MiniBrowser"));
    let known = known.into_iter().find(|path| path.is_file());
    known
        .filter(|_| std::env::var_os("WEBKIT").is_none())
        .unwrap_or_else(|| binary("WEBKIT", &["MiniBrowser"]))
}

/// Returns the display of a screen in memory, because MiniBrowser has no headless mode. The first call starts it.
fn display() -> &'static str {
    static SCREEN: OnceLock<(String, Helper)> = OnceLock::new();
    let start = || {
        // It chooses a free display and prints its number.
        let arguments = ["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"];
        let mut helper = Helper::start(&program("XVFB", "Xvfb"), &arguments, &[]);
        let number = helper.first_line(|line| line.trim().parse::<u32>().ok());
        (format!(":{number}"), helper)
    };
    &SCREEN.get_or_init(start).0
}
