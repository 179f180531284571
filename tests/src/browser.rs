//! People who use the app, each with their own browser.

mod console;
mod driver;
mod engine;
mod look;
mod mistakes;
mod names;
mod person;
mod screen;
mod tab_console;
mod tabs;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use futures_util::FutureExt;

use console::ConsoleProxy;
pub use engine::Engine;
use engine::Options;
pub use look::Sight;
use mistakes::Mistakes;
pub use person::Person;
use screen::Waits;
pub use screen::{Background, Screen};
pub use tabs::Tab;

use crate::proxy::Proxy;
use crate::server::{Settings, TestServer, target_folder, test_name};

/// The stage of a story: a server and the browsers of its people.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub server: TestServer,
    engine: Engine,
    network: Option<Arc<Proxy>>,
    people: Vec<Person>,
    mistakes: Arc<Mistakes>,
}

/// Runs a story in Chromium on a server with default settings. It fails also if a browser's console has an unexpected
/// error. If it fails, the screens of all its people are saved.
pub async fn story(tell: impl AsyncFnOnce(&mut Stage)) {
    story_with(Settings::default(), tell).await;
}

/// Runs a story in Chromium on a server with these settings.
pub async fn story_with(settings: Settings, tell: impl AsyncFnOnce(&mut Stage)) {
    run(Engine::Chromium, settings, tell).await;
}

/// Runs a story on a server with default settings, with browsers of this engine.
pub async fn story_in(engine: Engine, tell: impl AsyncFnOnce(&mut Stage)) {
    run(engine, Settings::default(), tell).await;
}

async fn run(engine: Engine, settings: Settings, tell: impl AsyncFnOnce(&mut Stage)) {
    let settings = settings.flag("--host", engine::INSECURE_HOST);
    let server = TestServer::start_with(settings).await;
    let mut stage = Stage { server, engine, network: None, people: Vec::new(), mistakes: Arc::default() };
    let told = AssertUnwindSafe(async {
        tell(&mut stage).await;
        stage.mistakes.expect_none_but_expected(&stage.people).await;
    });
    let told = told.catch_unwind().await;
    if told.is_err() {
        stage.keep_screens().await;
    }
    for person in stage.people.drain(..) {
        person.close().await;
    }
    if let Err(failure) = told {
        resume_unwind(failure);
    }
}

impl Stage {
    /// Opens the page in a new browser.
    pub async fn visitor(&mut self, name: &str) -> Person {
        self.visitor_with(name, Screen::Wide).await
    }

    /// Opens the page in a new browser with a screen of this size.
    pub async fn visitor_with(&mut self, name: &str, screen: Screen) -> Person {
        let person = self.open(name, Options { screen, ..Options::default() }).await;
        person.visit("/").await;
        person
    }

    /// Opens a new browser with an empty page.
    pub async fn stranger(&mut self, name: &str) -> Person {
        self.open(name, Options::default()).await
    }

    /// Opens the page by plain http and a host name. There browsers have no locks, no clipboard, no `crypto.randomUUID`
    /// and no notifications.
    pub async fn insecure_visitor(&mut self, name: &str) -> Person {
        assert_eq!(self.engine, Engine::Chromium, "only Chromium has rules for host names");
        let base = format!("http://{}:{}", engine::INSECURE_HOST, self.server.address().port());
        let person = self.add(
            Person::open(name, self.engine, Options::default(), &base, None, Arc::clone(&self.mistakes))
                .await,
        );
        person.visit("/").await;
        person
    }

    /// Opens a new browser that reaches the server by another address, and does not wait until a page is complete.
    pub async fn stranger_at(&mut self, name: &str, url: &str, screen: Screen) -> Person {
        assert_eq!(self.engine, Engine::Chromium, "the console of others is read through a proxy of its own");
        let options = Options { screen, waits: Waits::ForHtml, ..Options::default() };
        self.add(Person::open(name, self.engine, options, url, None, Arc::clone(&self.mistakes)).await)
    }

    /// Puts a network between the server and the browsers that are opened from now on.
    pub async fn network(&mut self) -> Arc<Proxy> {
        let network = Arc::new(Proxy::before(self.server.address(), 1).await);
        self.network = Some(Arc::clone(&network));
        network
    }

    async fn open(&mut self, name: &str, options: Options) -> Person {
        let mut address = self.network.as_ref().map_or(self.server.address(), |network| network.address());
        let mut console = None;
        if self.engine != Engine::Chromium {
            let proxy = ConsoleProxy::before(address).await;
            address = proxy.address();
            console = Some(proxy);
        }
        let url = format!("http://{address}/");
        self.add(Person::open(name, self.engine, options, &url, console, Arc::clone(&self.mistakes)).await)
    }

    fn add(&mut self, person: Person) -> Person {
        self.people.push(person.clone());
        person
    }

    /// Opens the page, enters a name and joins the lobby.
    pub async fn person(&mut self, name: &str) -> Person {
        self.person_with(name, Screen::Wide).await
    }

    /// The same with a screen of this size.
    pub async fn person_with(&mut self, name: &str, screen: Screen) -> Person {
        let person = self.visitor_with(name, screen).await;
        person.welcome().enter(name).await;
        person
    }

    /// Opens a new browser that treats pages in the background as users have it, with an empty page.
    pub async fn stranger_with_background_as_usual(&mut self, name: &str) -> Person {
        self.open(name, Options { background: Background::AsUsual, ..Options::default() }).await
    }

    /// Opens a browser with its own process and an empty page.
    pub async fn stranger_with_own_browser(&mut self, name: &str) -> Person {
        self.open(name, Options { is_own: true, ..Options::default() }).await
    }

    /// Opens the page in a browser with its own process, enters a name and joins the lobby.
    pub async fn person_with_own_browser(&mut self, name: &str) -> Person {
        let person = self.stranger_with_own_browser(name).await;
        person.visit("/").await;
        person.welcome().enter(name).await;
        person
    }

    /// Closes a person's own browser and opens it again with the same profile.
    pub async fn comes_back(&mut self, person: &Person) -> Person {
        let again = person.reopen().await;
        // The closed browser has no screen to save.
        self.people.retain(|known| !Arc::ptr_eq(&known.profile, &person.profile));
        self.add(again)
    }

    async fn keep_screens(&self) {
        for person in &self.people {
            let file = target_folder("screenshots").join(format!("{}-{}.png", test_name(), person.name()));
            match person.screenshot(&file).await {
                Ok(()) => eprintln!("--- {}'s screen: {}", person.name(), file.display()),
                Err(e) => eprintln!("--- {}'s screen cannot be saved: {e}", person.name()),
            }
            eprintln!("{}", person.page_text().await);
        }
    }
}
