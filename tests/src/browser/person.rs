//! A person with a browser: finds elements, acts on them and checks them, on any page.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{Key, WebDriver, WebElement};

use super::console::ConsoleProxy;
use super::driver::Driver;
use super::engine::{Context, Engine, Options};
use super::look::{LOOK, Sight};
use super::mistakes::Mistakes;
use crate::deadline::{PATIENCE, eventually};

/// A person with a browser. Their pages are in [`crate::pages`].
#[derive(Clone)]
pub struct Person {
    pub(super) name: String,
    pub(super) base: String,
    pub(super) engine: Engine,
    pub(super) options: Options,
    pub(super) driver: WebDriver,
    /// The browser's profile, which must outlive the browser.
    pub(super) profile: Arc<TempDir>,
    /// Collects the errors of the page if the driver gives no access to the console.
    pub(super) console: Option<Arc<ConsoleProxy>>,
    /// The console of all people of the story.
    pub(super) mistakes: Arc<Mistakes>,
    /// The browser context, if the browser is shared.
    pub(super) context: Option<Arc<Context>>,
    /// Dropped last, because it controls the browser.
    driver_process: Arc<Driver>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("name", &self.name)
            .field("engine", &self.engine)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// A browser or a context, and what controls it.
struct Opened {
    driver: WebDriver,
    process: Arc<Driver>,
    context: Option<Arc<Context>>,
}

/// Opens a browser, or a context of the shared one. `name` is for the failure's message.
async fn browser(name: &str, engine: Engine, options: Options, profile: &Path) -> Opened {
    let process = engine.driver().await;
    let shares = engine.shares(options);
    let capabilities =
        if shares { engine.shared_capabilities().await } else { engine.capabilities(options, profile) };
    let driver = WebDriver::new(process.url(), capabilities).await;
    let driver = driver.unwrap_or_else(|e| panic!("{name}'s {engine:?} cannot be opened: {e}"));
    let mut context = None;
    if shares {
        let own = Context::open().await;
        let switched = driver.switch_to_window(own.open_tab(true).await.into()).await;
        switched.unwrap_or_else(|e| panic!("{name}'s tab cannot be found: {e}"));
        context = Some(Arc::new(own));
    }
    if engine == Engine::WebKit {
        // It has no option for the size of its window.
        let sized = driver.set_window_rect(0, 0, 1280, 900).await;
        sized.unwrap_or_else(|e| panic!("{name}'s window cannot be resized: {e}"));
    }
    Opened { driver, process, context }
}

impl Person {
    pub(super) async fn open(
        name: &str,
        engine: Engine,
        options: Options,
        base: &str,
        console: Option<ConsoleProxy>,
        mistakes: Arc<Mistakes>,
    ) -> Self {
        let profile = TempDir::with_prefix("tidings-browser-").expect("a folder for the browser's profile");
        let Opened { driver, process, context } = browser(name, engine, options, profile.path()).await;
        Self {
            name: name.to_owned(),
            base: base.trim_end_matches('/').to_owned(),
            engine,
            options,
            driver,
            profile: Arc::new(profile),
            console: console.map(Arc::new),
            mistakes,
            context,
            driver_process: process,
        }
    }

    pub(super) async fn close(self) {
        if let Some(context) = &self.context {
            context.close().await;
        }
        // This also closes a crashed browser. A shared one stays open.
        let _ = self.driver.quit().await;
    }

    /// Closes the browser with all tabs, and opens it again with the same profile and an empty tab.
    pub(super) async fn reopen(&self) -> Self {
        assert!(
            self.engine == Engine::Chromium && self.options.is_own,
            "only Chromium's own profile is kept"
        );
        self.note_mistakes().await;
        self.clone().close().await;
        let Opened { driver, process, context } =
            browser(&self.name, self.engine, self.options, self.profile.path()).await;
        Self { driver, driver_process: process, context, ..self.clone() }
    }

    /// Returns the person's name in the story.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the engine of their browser.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Returns the browser.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Returns the address of the program that controls the browser.
    pub(super) fn driver_url(&self) -> &str {
        self.driver_process.url()
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

    /// Goes back to the page before, as with the browser's button.
    pub async fn go_back(&self) {
        self.driver.back().await.unwrap_or_else(|e| panic!("{}: there is no way back: {e}", self.name));
    }

    /// Sets the system's colour scheme to `scheme`: `light` or `dark`.
    pub async fn prefers(&self, scheme: &str) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        assert_eq!(self.engine, Engine::Chromium, "only Chromium's colour scheme can be set");
        let set = self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await;
        set.unwrap_or_else(|e| panic!("{}: the scheme cannot be set: {e}", self.name));
    }

    /// Makes the page's processor slower by this factor; 1 is as it is.
    pub async fn slows_down(&self, factor: u32) {
        assert_eq!(self.engine, Engine::Chromium, "only Chromium can be slowed down");
        let slowed =
            self.driver.cdp().send_raw("Emulation.setCPUThrottlingRate", json!({"rate": factor})).await;
        slowed.unwrap_or_else(|e| panic!("{}: the page cannot be slowed down: {e}", self.name));
    }

    /// Runs a script in each new page before the page's own.
    pub async fn runs_first(&self, script: &str) {
        if let Some(console) = &self.console {
            return console.runs_first(script);
        }
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
        self.expect_of_with(what, script, &[], look).await
    }

    async fn expect_of_with<T>(
        &self,
        what: &str,
        script: &str,
        arguments: &[Value],
        look: impl Fn(&Value) -> Option<T>,
    ) -> T {
        eventually(PATIENCE, &format!("{}: {what}", self.name), async || {
            let value = self.try_run(script, arguments.to_vec()).await.map_err(|e| e.to_string())?;
            look(&value).ok_or_else(|| value.to_string())
        })
        .await
    }

    /// Runs a step, JavaScript with an `element`, on the first matching element and returns its result. Returns null if
    /// there is no such element.
    pub async fn run_on(&self, sight: impl Into<Sight>, step: &str) -> Value {
        let script = format!("{LOOK}\nreturn look(arguments[0]).slice(0, 1).map((element) => {step})[0];");
        self.run(&script, vec![sight.into().json()]).await
    }

    /// Waits until `look` accepts what is in sight: the result of `each`, a JavaScript expression of an `element`, for
    /// each matching element.
    pub async fn expect_sight<T>(
        &self,
        what: &str,
        sight: impl Into<Sight>,
        each: &str,
        look: impl Fn(&[Value]) -> Option<T>,
    ) -> T {
        let script = format!("{LOOK}\nreturn look(arguments[0]).map((element) => {each});");
        self.expect_of_with(what, &script, &[sight.into().json()], |seen| look(seen.as_array()?)).await
    }

    /// Waits until a JavaScript condition is true. `seen` is an expression for the failure's message.
    pub async fn expect_that(&self, what: &str, condition: &str, seen: &str) {
        let script = format!("return [Boolean({condition}), ({seen})];");
        self.expect_of(what, &script, |value| (value[0] == true).then_some(())).await;
    }

    /// Waits for a visible element. Returns the first one.
    pub async fn find(&self, sight: impl Into<Sight>) -> WebElement {
        let sight = sight.into();
        eventually(PATIENCE, &format!("{} sees {sight}", self.name), async || {
            match self.try_find(&sight).await? {
                Some(element) => Ok(element),
                None => Err(self.page_text().await),
            }
        })
        .await
    }

    async fn try_find(&self, sight: &Sight) -> Result<Option<WebElement>, String> {
        let script = format!("{LOOK}\nreturn look(arguments[0]).slice(0, 1);");
        let found = self.driver.execute(script, vec![sight.json()]).await;
        let found = found.and_then(|found| found.elements()).map_err(|e| e.to_string())?;
        Ok(found.into_iter().next())
    }

    /// Waits until no visible element matches. An element that comes later is not noticed: to show that something never
    /// happens, wait for a later event and use [`expect_none_so_far`](Self::expect_none_so_far).
    pub async fn expect_gone(&self, sight: impl Into<Sight>) {
        let sight = sight.into();
        let is_gone = |seen: &[Value]| seen.is_empty().then_some(());
        self.expect_sight(&format!("no longer sees {sight}"), sight, "element.outerHTML", is_gone).await;
    }

    /// Asserts that no visible element matches now. Use it only after waiting for a later event.
    pub async fn expect_none_so_far(&self, sight: impl Into<Sight>) {
        let sight = sight.into();
        let script = format!("{LOOK}\nreturn look(arguments[0]).map((element) => element.outerHTML);");
        let found = self.run(&script, vec![sight.json()]).await;
        assert_eq!(found, json!([]), "{} sees {sight}", self.name);
    }

    /// Clicks on the matching element as soon as it can be clicked.
    pub async fn click(&self, sight: impl Into<Sight>) {
        let sight = sight.into();
        eventually(PATIENCE, &format!("{} clicks on {sight}", self.name), async || {
            let Some(element) = self.try_find(&sight).await? else { return Err(self.page_text().await) };
            // The page may have replaced the element.
            element.click().await.map_err(|e| e.to_string())
        })
        .await;
    }

    /// Types into a field, after clearing it.
    pub async fn fill(&self, sight: impl Into<Sight>, text: &str) {
        let sight = sight.into();
        eventually(PATIENCE, &format!("{} types into {sight}", self.name), async || {
            let Some(field) = self.try_find(&sight).await? else { return Err(self.page_text().await) };
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

    /// Sets the text of a field as if it had been typed, because a driver cannot type every character.
    pub async fn set_text(&self, sight: impl Into<Sight>, text: &str) {
        let script = "arguments[0].value = arguments[1]; \
            arguments[0].dispatchEvent(new Event('input', { bubbles: true }));";
        let field = self.find(sight).await;
        let field = field.to_json().expect("an element is JSON");
        self.run(script, vec![field, text.into()]).await;
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

    /// Returns the text of the first matching element.
    pub async fn text(&self, sight: impl Into<Sight>) -> String {
        let sight = sight.into();
        self.expect_sight(&format!("sees {sight}"), sight, "element.innerText", |texts| {
            texts.first()?.as_str().map(str::to_owned)
        })
        .await
    }

    /// Waits until the first number in the first matching element is this one.
    pub async fn expect_number(&self, sight: impl Into<Sight>, number: usize) {
        let sight = sight.into();
        let each = "[element.innerText.match(/[0-9]+/)?.[0], element.outerHTML]";
        let number = number.to_string();
        self.expect_sight(&format!("sees {number} in {sight}"), sight, each, |seen| {
            (seen.first()?[0] == number).then_some(())
        })
        .await;
    }

    /// Waits until a matching element contains a text.
    pub async fn expect_text(&self, sight: impl Into<Sight>, part: &str) {
        let sight = sight.into();
        self.expect_sight(
            &format!("sees “{part}” in {sight}"),
            sight,
            "element.innerText ?? ''",
            |texts| {
                texts.iter().any(|text| text.as_str().is_some_and(|text| text.contains(part))).then_some(())
            },
        )
        .await;
    }

    /// Returns whether the keyboard's focus is on a matching element.
    pub async fn is_focused(&self, sight: impl Into<Sight>) -> bool {
        let script = format!("{LOOK}\nreturn look(arguments[0]).includes(document.activeElement);");
        self.run(&script, vec![sight.into().json()]).await == true
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
