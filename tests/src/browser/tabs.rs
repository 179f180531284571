//! Several tabs in one browser.

use serde_json::json;
use thirtyfour::WindowHandle;

use super::engine::Engine;
use super::person::Person;

/// A tab of a person's browser.
#[derive(Debug, Clone)]
pub struct Tab(WindowHandle);

impl Person {
    /// Returns the current tab.
    pub async fn tab(&self) -> Tab {
        Tab(self.driver.window().await.unwrap_or_else(|e| panic!("{} has no tab: {e}", self.name)))
    }

    /// Opens an empty tab and switches to it.
    pub async fn open_tab(&self) -> Tab {
        let tab = match &self.context {
            Some(context) => Ok(context.open_tab(false).await.into()),
            None => self.driver.new_tab().await,
        };
        let tab = Tab(tab.unwrap_or_else(|e| panic!("{}: no tab can be opened: {e}", self.name)));
        self.turn_to(&tab).await;
        tab
    }

    /// Switches to another tab.
    pub async fn turn_to(&self, tab: &Tab) {
        let turned = self.driver.switch_to_window(tab.0.clone()).await;
        turned.unwrap_or_else(|e| panic!("{}: the tab does not exist: {e}", self.name));
    }

    /// Shows the current tab instead of the one that is in front.
    pub async fn bring_to_front(&self) {
        // Firefox does that for each current tab, and WebKit leaves new tabs in the background.
        if self.engine == Engine::Chromium {
            let shown = self.driver.cdp().send_raw("Page.bringToFront", json!({})).await;
            shown.unwrap_or_else(|e| panic!("{}: the tab cannot be shown: {e}", self.name));
        }
    }

    /// Closes the current tab and switches to `other`.
    pub async fn close_tab(&self, other: &Tab) {
        let closed = self.driver.close_window().await;
        closed.unwrap_or_else(|e| panic!("{}: the tab cannot be closed: {e}", self.name));
        self.turn_to(other).await;
    }

    /// Crashes the current tab and switches to `other`.
    pub async fn crash_tab(&self, other: &Tab) {
        assert_eq!(self.engine, Engine::Chromium, "only Chromium crashes a tab on request");
        // A crashed tab does not answer.
        let _ = self.driver.cdp().send_raw("Page.crash", json!({})).await;
        self.turn_to(other).await;
    }
}
