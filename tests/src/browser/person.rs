//! A person with a browser: finds elements, acts on them and checks them, on any page.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{By, Key, WebDriver, WebElement};

use super::screen::{Screen, Waits};
use super::{chrome, driver};
use crate::deadline::{PATIENCE, eventually};

/// Console texts of a story that provokes errors: for each error, alternatives of which one is required.
pub(super) type Expected = Arc<Mutex<Vec<Vec<String>>>>;

/// A person with a browser. Their pages are in [`crate::pages`].
#[derive(Clone)]
pub struct Person {
    pub(super) name: String,
    pub(super) base: String,
    pub(super) screen: Screen,
    pub(super) driver: WebDriver,
    /// The browser's profile, which must outlive the browser.
    pub(super) profile: Arc<TempDir>,
    pub(super) expected: Expected,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("name", &self.name)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

impl Person {
    pub(super) async fn open(name: &str, screen: Screen, waits: Waits, base: &str) -> Self {
        let profile = TempDir::with_prefix("tidings-browser-").expect("a folder for the browser's profile");
        let capabilities = chrome::capabilities(screen, waits, profile.path());
        let driver = WebDriver::new(driver::url(), capabilities).await;
        let driver = driver.unwrap_or_else(|e| panic!("{name}'s browser cannot be opened: {e}"));
        Self {
            name: name.to_owned(),
            base: base.trim_end_matches('/').to_owned(),
            screen,
            driver,
            profile: Arc::new(profile),
            expected: Expected::default(),
        }
    }

    pub(super) async fn close(self) {
        // This also closes a crashed browser.
        let _ = self.driver.quit().await;
    }

    /// Returns the person's name in the story.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the browser.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Opens a path of the server.
    pub async fn visit(&self, path: &str) {
        let url = format!("{}{path}", self.base);
        self.driver
            .goto(url.as_str())
            .await
            .unwrap_or_else(|e| panic!("{}: {url} cannot be opened: {e}", self.name));
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        self.driver
            .refresh()
            .await
            .unwrap_or_else(|e| panic!("{}: the page cannot be reloaded: {e}", self.name));
    }

    /// Sets the system's colour scheme to `scheme`: `light` or `dark`.
    pub async fn prefers(&self, scheme: &str) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        let set = self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await;
        set.unwrap_or_else(|e| panic!("{}: the scheme cannot be set: {e}", self.name));
    }

    /// Runs a script in each new page before the page's own.
    pub async fn runs_first(&self, script: &str) {
        let source = json!({"source": script});
        let added = self.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", source).await;
        added.unwrap_or_else(|e| panic!("{}: the script cannot be added: {e}", self.name));
    }

    /// Runs a script in the page and returns its result.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.try_run(script, arguments).await.unwrap_or_else(|e| panic!("{}: {e}: {script}", self.name))
    }

    async fn try_run(&self, script: &str, arguments: Vec<Value>) -> WebDriverResult<Value> {
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// Waits until `look` accepts the result of a script.
    pub async fn expect_of<T>(&self, what: &str, script: &str, look: impl Fn(&Value) -> Option<T>) -> T {
        eventually(PATIENCE, &format!("{}: {what}", self.name), async || {
            let value = self.try_run(script, Vec::new()).await.map_err(|e| e.to_string())?;
            look(&value).ok_or_else(|| value.to_string())
        })
        .await
    }

    /// Waits until a JavaScript condition is true. `seen` is an expression for the failure's message.
    pub async fn expect_that(&self, what: &str, condition: &str, seen: &str) {
        let script = format!("return [Boolean({condition}), ({seen})];");
        self.expect_of(what, &script, |value| (value[0] == true).then_some(())).await;
    }

    /// Waits for a visible element.
    pub async fn find(&self, css: &str) -> WebElement {
        eventually(PATIENCE, &format!("{} sees {css}", self.name), async || {
            let elements = self.driver.find_all(By::Css(css)).await.map_err(|e| e.to_string())?;
            for element in elements {
                if element.is_displayed().await.map_err(|e| e.to_string())? {
                    return Ok(element);
                }
            }
            Err(self.page_text().await)
        })
        .await
    }

    /// Waits until no visible element matches.
    pub async fn expect_none(&self, css: &str) {
        eventually(PATIENCE, &format!("{} no longer sees {css}", self.name), async || {
            for element in self.driver.find_all(By::Css(css)).await.map_err(|e| e.to_string())? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Err(element.outer_html().await.unwrap_or_default());
                }
            }
            Ok(())
        })
        .await;
    }

    /// Clicks on the matching element as soon as it can be clicked.
    pub async fn click(&self, css: &str) {
        eventually(PATIENCE, &format!("{} clicks on {css}", self.name), async || {
            // The page may replace the element between the two steps.
            let element = self.find(css).await;
            element.click().await.map_err(|e| e.to_string())
        })
        .await;
    }

    /// Types into a field, after clearing it.
    pub async fn fill(&self, css: &str, text: &str) {
        eventually(PATIENCE, &format!("{} types into {css}", self.name), async || {
            let field = self.find(css).await;
            field.clear().await.map_err(|e| e.to_string())?;
            // The driver has no keys for characters outside of the basic plane; a person has an input method for them.
            if text.chars().any(|character| u32::from(character) > 0xffff) {
                field.focus().await.map_err(|e| e.to_string())?;
                let insert = "document.execCommand('insertText', false, arguments[0])";
                return self.try_run(insert, vec![text.into()]).await.map(drop).map_err(|e| e.to_string());
            }
            field.send_keys(text).await.map_err(|e| e.to_string())
        })
        .await;
    }

    /// Presses keys, with the focus where it is.
    pub async fn press(&self, keys: impl AsRef<str>) {
        let chain = self.driver.action_chain().send_keys(keys.as_ref());
        chain.perform().await.unwrap_or_else(|e| panic!("{}: keys cannot be pressed: {e}", self.name));
    }

    /// Presses one key.
    pub async fn press_key(&self, key: Key) {
        self.press(String::from(char::from(key))).await;
    }

    /// Returns the text of the matching element.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap_or_else(|e| panic!("{}: {css} has no text: {e}", self.name))
    }

    /// Waits until the first number in the matching element is this one.
    pub async fn expect_number(&self, css: &str, number: usize) {
        let script =
            format!("return document.querySelector({css:?})?.innerText.match(/[0-9]+/)?.[0] ?? 'no number'");
        let is_it = |shown: &Value| (shown.as_str()? == number.to_string()).then_some(());
        self.expect_of(&format!("sees {number} in {css}"), &script, is_it).await;
    }

    /// Asserts that no element matches now. Use it only after waiting for a later event.
    pub async fn expect_none_so_far(&self, css: &str) {
        let script = "return Array.from(document.querySelectorAll(arguments[0]), e => e.outerHTML)";
        let found = self.run(script, vec![css.into()]).await;
        assert_eq!(found, json!([]), "{} sees {css}", self.name);
    }

    /// Waits until the matching element contains a text.
    pub async fn expect_text(&self, css: &str, part: &str) {
        let script =
            format!("return Array.from(document.querySelectorAll({css:?}), e => e.innerText ?? '');");
        self.expect_of(&format!("sees “{part}” in {css}"), &script, |texts| {
            let mut texts = texts.as_array()?.iter().filter_map(Value::as_str);
            texts.any(|text| text.contains(part)).then_some(())
        })
        .await;
    }

    /// Saves a screenshot.
    pub(super) async fn screenshot(&self, file: &Path) -> WebDriverResult<()> {
        self.driver.screenshot(file).await
    }

    /// Returns the text of the page.
    pub async fn page_text(&self) -> String {
        let script = "return [location.href, document.title, document.body?.innerText ?? ''].join('\\n')";
        let page = self.try_run(script, Vec::new()).await.map_or_else(
            |e| e.to_string(),
            |page| page.as_str().unwrap_or_default().chars().take(1500).collect(),
        );
        format!("--- {}'s page:\n{page}", self.name)
    }
}
