//! The options of Chromium.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde_json::json;
use thirtyfour::{
    Capabilities, CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel,
    PageLoadStrategy,
};

use super::{Options, binary};
use crate::browser::driver::Driver;
use crate::browser::screen::{Background, Screen, Waits};

/// A host name of this machine that browsers do not treat as secure.
pub(in crate::browser) const INSECURE_HOST: &str = "chat.test";

const INSECURE_HOST_RULE: &str = "--host-resolver-rules=MAP chat.test 127.0.0.1";

/// Text that chromedriver prints when it is ready. The port follows.
const READY: &str = "started successfully on port ";

/// Options that turn off features that tests do not need or that contact other hosts.
const FLAGS: [&str; 12] = [
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
    // A click on a moving element misses it, so turn animations off.
    "--force-prefers-reduced-motion",
    // Plain http with a host name is not a secure context, unlike 127.0.0.1.
    INSECURE_HOST_RULE,
];

/// Options for [`Background::Steady`].
const STEADY: [&str; 3] = [
    "--disable-features=BackForwardCache",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
];

/// Options that chromedriver adds unless it is told not to.
const STEADY_BY_DRIVER: [&str; 2] = ["disable-background-timer-throttling", "disable-renderer-backgrounding"];

/// Returns the driver of all Chromiums of this process. The first call starts it on a free port.
pub(super) fn driver() -> Arc<Driver> {
    static DRIVER: OnceLock<Arc<Driver>> = OnceLock::new();
    let start =
        || Arc::new(Driver::that_prints_its_port("CHROMEDRIVER", "chromedriver", &["--port=0"], READY));
    Arc::clone(DRIVER.get_or_init(start))
}

/// Returns the flags of a browser with [`Background::Steady`].
pub(super) fn steady_flags() -> impl Iterator<Item = &'static str> {
    FLAGS.into_iter().chain(STEADY)
}

/// Returns the request for a session in the browser whose remote control is at `address`.
pub(super) fn shared_capabilities(address: &str) -> Capabilities {
    let mut chrome = DesiredCapabilities::chrome();
    let said = "an address is proper JSON";
    chrome.add_experimental_option("debuggerAddress", address).expect(said);
    chrome.into()
}

pub(super) fn capabilities(options: Options, profile: &Path) -> Capabilities {
    let mut chrome = DesiredCapabilities::chrome();
    let said = "Chromium's own settings are proper JSON";
    let steady = if options.background == Background::Steady { &STEADY[..] } else { &[] };
    for flag in FLAGS.iter().chain(steady) {
        chrome.add_arg(flag).expect(said);
    }
    if options.background == Background::AsUsual {
        chrome.add_experimental_option("excludeSwitches", STEADY_BY_DRIVER).expect(said);
    }
    chrome.add_arg(&format!("--user-data-dir={}", profile.display())).expect(said);
    chrome.set_binary(&binary("CHROME", &["chromium"]).to_string_lossy()).expect(said);
    match options.screen {
        Screen::Wide => chrome.add_arg("--window-size=1280,900").expect(said),
        Screen::Narrow => {
            let metrics = json!({"deviceMetrics": {"width": 360, "height": 740, "pixelRatio": 2.0}});
            chrome.add_experimental_option("mobileEmulation", metrics).expect(said);
        }
    }
    if options.waits == Waits::ForHtml {
        chrome.set_page_load_strategy(PageLoadStrategy::Eager).expect(said);
    }
    chrome.set_browser_log_level(LoggingPrefsLogLevel::All).expect(said);
    chrome.into()
}
