//! People who use the page, each in a browser of their own.

mod chrome;
mod driver;
mod person;
mod tabs;

use std::panic::{AssertUnwindSafe, resume_unwind};

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

/// Where a story takes place: a server, and the browsers of those who appear in it.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub server: TestServer,
    people: Vec<Person>,
}

/// Tells a story on a server as it comes. When it fails, the screens of all who appeared in it are kept.
pub async fn story(tell: impl AsyncFnOnce(&mut Stage)) {
    story_with(Settings::default(), tell).await;
}

/// The same with settings of the server.
pub async fn story_with(settings: Settings, tell: impl AsyncFnOnce(&mut Stage)) {
    let mut stage = Stage { server: TestServer::start_with(settings).await, people: Vec::new() };
    let told = AssertUnwindSafe(tell(&mut stage)).catch_unwind().await;
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
        let person = self.open_at(name, Screen::Wide, &base).await;
        person.visit("/").await;
        person
    }

    async fn open(&mut self, name: &str, screen: Screen) -> Person {
        let base = self.server.url("/");
        self.open_at(name, screen, &base).await
    }

    async fn open_at(&mut self, name: &str, screen: Screen, base: &str) -> Person {
        let person = Person::open(name, screen, base).await;
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
        let person = person.reopen().await;
        self.people.push(person.clone());
        person
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
