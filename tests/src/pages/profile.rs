//! The profile.

use super::mark::marked;
use crate::browser::Person;

/// The profile.
#[derive(Debug)]
pub struct Profile<'a>(pub(super) &'a Person);

impl Profile<'_> {
    /// Opens it.
    pub async fn open(&self) {
        self.0.click(&marked("profile")).await;
        self.0.find(&marked("profile-name")).await;
    }

    /// Returns the own user id, as shown.
    pub async fn user(&self) -> String {
        self.0.text(&marked("profile-user")).await.trim().to_owned()
    }

    /// Changes the name.
    pub async fn rename(&self, name: &str) {
        self.0.fill(&marked("profile-name"), name).await;
        self.0.click(&marked("profile-save")).await;
    }
}
