//! The options with which Chromium is started.

use std::path::{Path, PathBuf};

use serde_json::json;
use thirtyfour::{
    CapabilitiesHelper, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities,
    LoggingPrefsLogLevel, PageLoadStrategy,
};

use super::driver::program;
use super::screen::{Screen, Waits};

/// A host name of this machine that browsers do not treat as secure.
pub(super) const INSECURE_HOST: &str = "chat.test";

const INSECURE_HOST_RULE: &str = "--host-resolver-rules=MAP chat.test 127.0.0.1";

/// Options that turn off features that tests do not need or that contact other hosts.
const FLAGS: [&str; 15] = [
    "--headless=new",
    // Tests often run as root in a container, where Chromium's sandbox does not work.
    "--no-sandbox",
    "--disable-gpu",
    // /dev/shm of a container often has 64 MiB only.
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // Without the back/forward cache, leaving a page closes its connection.
    "--disable-features=BackForwardCache",
    // Only one window is in front. Without these options the timers of the others would be slowed down.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    // A click on a moving element misses it, so turn animations off.
    "--force-prefers-reduced-motion",
    // Plain http with a host name is not a secure context, unlike 127.0.0.1.
    INSECURE_HOST_RULE,
];

/// Starts a browser with its own profile in `profile`.
pub(super) fn capabilities(screen: Screen, waits: Waits, profile: &Path) -> ChromeCapabilities {
    let mut chrome = DesiredCapabilities::chrome();
    let said = "Chromium's own settings are proper JSON";
    for flag in FLAGS {
        chrome.add_arg(flag).expect(said);
    }
    chrome.add_arg(&format!("--user-data-dir={}", profile.display())).expect(said);
    chrome.set_binary(&binary()).expect(said);
    match screen {
        Screen::Wide => chrome.add_arg("--window-size=1280,900").expect(said),
        Screen::Narrow => {
            let metrics = json!({"deviceMetrics": {"width": 360, "height": 740, "pixelRatio": 2.0}});
            chrome.add_experimental_option("mobileEmulation", metrics).expect(said);
        }
    }
    if waits == Waits::ForHtml {
        chrome.set_page_load_strategy(PageLoadStrategy::Eager).expect(said);
    }
    chrome.set_browser_log_level(LoggingPrefsLogLevel::All).expect(said);
    chrome
}

/// Returns the absolute path of Chromium, which the driver needs.
fn binary() -> String {
    let named = program("CHROME", "chromium");
    let path = PathBuf::from(&named);
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|folders| {
        std::env::split_paths(&folders).map(|folder| folder.join(&path)).collect::<Vec<_>>()
    });
    let found = std::iter::once(path.clone()).chain(on_path).find(|candidate| candidate.is_file());
    let Some(found) = found else {
        panic!("{} is not found; install it, or name another with CHROME", named.display());
    };
    found.to_string_lossy().into_owned()
}
