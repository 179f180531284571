//! People who use the app, each with their own browser.

mod chrome;
mod driver;
mod mistakes;
mod person;
mod screen;
mod tabs;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use futures_util::FutureExt;

pub use person::Person;
pub use screen::Screen;
use screen::Waits;
pub use tabs::Tab;

use crate::server::{Settings, TestServer, target_folder, test_name};

/// The stage of a story: a server and the browsers of its people.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub server: TestServer,
    people: Vec<Person>,
}

/// Runs a story on a server with default settings. It fails also if a browser's console has an unexpected error. If it
/// fails, the screens of all its people are saved.
pub async fn story(tell: impl AsyncFnOnce(&mut Stage)) {
    story_with(Settings::default(), tell).await;
}

/// Runs a story on a server with these settings.
pub async fn story_with(settings: Settings, tell: impl AsyncFnOnce(&mut Stage)) {
    let settings = settings.flag("--host", chrome::INSECURE_HOST);
    let mut stage = Stage { server: TestServer::start_with(settings).await, people: Vec::new() };
    let told = AssertUnwindSafe(async {
        tell(&mut stage).await;
        for person in &stage.people {
            person.expect_no_mistakes().await;
        }
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
        let person = self.open(name, screen).await;
        person.visit("/").await;
        person
    }

    /// Opens a new browser with an empty page.
    pub async fn stranger(&mut self, name: &str) -> Person {
        self.open(name, Screen::Wide).await
    }

    /// Opens the page by plain http and a host name. There browsers have no locks, no clipboard, no `crypto.randomUUID`
    /// and no notifications.
    pub async fn insecure_visitor(&mut self, name: &str) -> Person {
        let base = format!("http://{}:{}", chrome::INSECURE_HOST, self.server.address().port());
        let person = self.add(Person::open(name, Screen::Wide, Waits::ForAll, &base).await);
        person.visit("/").await;
        person
    }

    /// Opens a new browser that reaches the server by another address, and does not wait until a page is complete.
    pub async fn stranger_at(&mut self, name: &str, url: &str, screen: Screen) -> Person {
        self.add(Person::open(name, screen, Waits::ForHtml, url).await)
    }

    async fn open(&mut self, name: &str, screen: Screen) -> Person {
        let url = self.server.url("/");
        self.add(Person::open(name, screen, Waits::ForAll, &url).await)
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

    /// Closes a person's browser and opens it again with the same profile.
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
