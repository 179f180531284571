//! How a browser is started.

use std::path::{Path, PathBuf};

use serde_json::json;
use thirtyfour::{
    CapabilitiesHelper, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities,
    LoggingPrefsLogLevel, PageLoadStrategy,
};

use super::driver::program;
use super::{Screen, Waits};

/// A name of this machine that a browser does not count as secure.
pub(super) const INSECURE_HOST: &str = "chat.test";

const INSECURE_HOST_RULE: &str = "--host-resolver-rules=MAP chat.test 127.0.0.1";

/// What is not needed on a machine of its own, or asks the world outside.
const FLAGS: [&str; 15] = [
    "--headless=new",
    // Tests often run as root in a container, where Chromium's sandbox cannot be had.
    "--no-sandbox",
    "--disable-gpu",
    // A container's /dev/shm is often 64 MiB.
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // Whoever leaves a page is gone: it is not kept, with its connection, for the way back.
    "--disable-features=BackForwardCache",
    // Two windows are never both in front: without these the other's timers would be slowed down.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    // A click on something that still moves goes astray.
    "--force-prefers-reduced-motion",
    // A server that is reached by http and by name is no secure context, unlike 127.0.0.1.
    INSECURE_HOST_RULE,
];

/// A browser with its own profile in `profile`.
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

/// Chromium. The driver wants its whole path.
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
