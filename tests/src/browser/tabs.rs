//! Several tabs in one browser.

use serde_json::json;
use thirtyfour::{WebDriver, WindowHandle};

use super::person::Person;
use super::screen::Waits;
use super::{chrome, driver};

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
        let tab = self.driver.new_tab().await;
        let tab = Tab(tab.unwrap_or_else(|e| panic!("{}: no tab can be opened: {e}", self.name)));
        self.turn_to(&tab).await;
        tab
    }

    /// Switches to another tab.
    pub async fn turn_to(&self, tab: &Tab) {
        let turned = self.driver.switch_to_window(tab.0.clone()).await;
        turned.unwrap_or_else(|e| panic!("{}: the tab does not exist: {e}", self.name));
    }

    /// Closes the current tab and switches to `other`.
    pub async fn close_tab(&self, other: &Tab) {
        let closed = self.driver.close_window().await;
        closed.unwrap_or_else(|e| panic!("{}: the tab cannot be closed: {e}", self.name));
        self.turn_to(other).await;
    }

    /// Crashes the current tab and switches to `other`.
    pub async fn crash_tab(&self, other: &Tab) {
        // A crashed tab does not answer.
        let _ = self.driver.cdp().send_raw("Page.crash", json!({})).await;
        self.turn_to(other).await;
    }

    /// Closes the browser with all tabs, and opens it again with the same profile and an empty tab.
    pub(super) async fn reopen(&self) -> Self {
        self.expect_no_mistakes().await;
        self.clone().close().await;
        let capabilities = chrome::capabilities(self.screen, Waits::ForAll, self.profile.path());
        let driver = WebDriver::new(driver::url(), capabilities).await;
        let driver = driver.unwrap_or_else(|e| panic!("{}'s browser cannot be opened again: {e}", self.name));
        Self { driver, ..self.clone() }
    }
}
