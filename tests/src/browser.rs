//! People who use the page, each in a browser of their own.

mod chrome;
mod driver;
mod mistakes;
mod person;
mod tabs;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use futures_util::FutureExt;

pub use person::Person;
pub use tabs::Tab;

use crate::server::{Settings, TestServer, target_folder, test_name};

/// How large a person's screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A laptop's.
    Wide,
    /// A phone's of 360 by 740 points.
    Narrow,
}

/// What somebody waits for who opens a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// All that the page loads.
    ForAll,
    /// The text of the page alone.
    ForHtml,
}

/// Where a story takes place: a server, and the browsers of those who appear in it.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub server: TestServer,
    people: Vec<Person>,
}

/// Tells a story on a server as it comes. It fails, too, when the console of a browser tells of a mistake. When it fails,
/// the screens of all who appeared in it are kept.
pub async fn story(tell: impl AsyncFnOnce(&mut Stage)) {
    story_with(Settings::default(), tell).await;
}

/// The same with settings of the server.
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
    /// Somebody opens the page.
    pub async fn visitor(&mut self, name: &str) -> Person {
        self.visitor_with(name, Screen::Wide).await
    }

    /// Somebody opens the page on such a screen.
    pub async fn visitor_with(&mut self, name: &str, screen: Screen) -> Person {
        let person = self.open(name, screen).await;
        person.visit("/").await;
        person
    }

    /// Somebody whose browser shows nothing yet.
    pub async fn stranger(&mut self, name: &str) -> Person {
        self.open(name, Screen::Wide).await
    }

    /// Somebody opens the page by plain http and a host's name: there browsers have no locks, no clipboard, no
    /// `crypto.randomUUID` and no notifications.
    pub async fn insecure_visitor(&mut self, name: &str) -> Person {
        let base = format!("http://{}:{}", chrome::INSECURE_HOST, self.server.address().port());
        let person = self.add(Person::open(name, Screen::Wide, Waits::ForAll, &base).await);
        person.visit("/").await;
        person
    }

    /// The same for somebody who reaches the server by another address, and does not wait until a page is complete.
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

    /// Somebody opens the page, says a name and is in the lobby.
    pub async fn person(&mut self, name: &str) -> Person {
        self.person_with(name, Screen::Wide).await
    }

    /// The same on such a screen.
    pub async fn person_with(&mut self, name: &str, screen: Screen) -> Person {
        let person = self.visitor_with(name, screen).await;
        person.welcome().enter(name).await;
        person
    }

    /// Somebody closes their browser and opens it again, with what it has kept.
    pub async fn comes_back(&mut self, person: &Person) -> Person {
        let again = person.reopen().await;
        // The browser that was closed has nothing more to show.
        self.people.retain(|known| !Arc::ptr_eq(&known.profile, &person.profile));
        self.add(again)
    }

    async fn keep_screens(&self) {
        for person in &self.people {
            let file = target_folder("screenshots").join(format!("{}-{}.png", test_name(), person.name()));
            match person.screenshot(&file).await {
                Ok(()) => eprintln!("--- {}'s screen: {}", person.name(), file.display()),
                Err(e) => eprintln!("--- {}'s screen cannot be had: {e}", person.name()),
            }
            eprintln!("{}", person.tell().await);
        }
    }
}
