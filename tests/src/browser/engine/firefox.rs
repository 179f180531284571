//! The options of Firefox.

use std::sync::Arc;

use serde_json::{Value, json};
use thirtyfour::Capabilities;

use super::{Options, binary};
use crate::browser::driver::Driver;
use crate::browser::screen::{Screen, Waits};

/// Text that geckodriver prints when it is ready. The port follows.
const READY: &str = "Listening on 127.0.0.1:";

/// Starts a driver: each drives one Firefox.
pub(super) fn driver() -> Arc<Driver> {
    // geckodriver's own port, and that of the browser's remote control, which stays unused.
    let ports = ["--port=0", "--websocket-port=0"];
    Arc::new(Driver::that_prints_its_port("GECKODRIVER", "geckodriver", &ports, READY))
}

/// geckodriver makes the profile itself, with settings that keep Firefox from contacting other hosts.
pub(super) fn capabilities(options: Options) -> Capabilities {
    let (width, height) = match options.screen {
        Screen::Wide => (1280, 900),
        Screen::Narrow => (360, 740),
    };
    let size = [format!("--width={width}"), format!("--height={height}")];
    let mut firefox = Capabilities::new();
    let mut set = |name: &str, value: Value| firefox.set(name, value).expect("a capability is JSON");
    set("browserName", json!("firefox"));
    set("pageLoadStrategy", json!(if options.waits == Waits::ForHtml { "eager" } else { "normal" }));
    let settings = json!({
        "binary": binary("FIREFOX", &["firefox-esr", "firefox"]),
        "args": ["-headless", size[0], size[1]],
        "prefs": {
            // A click on a moving element misses it, so turn animations off.
            "ui.prefersReducedMotion": 1,
            "network.captive-portal-service.enabled": false,
            "network.connectivity-service.enabled": false,
            "network.proxy.type": 0,
        },
    });
    set("moz:firefoxOptions", settings);
    firefox
}
