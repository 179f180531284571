//! The profile.

use crate::browser::{Person, Sight};

/// The profile.
#[derive(Debug)]
pub struct Profile<'a>(pub(super) &'a Person);

fn panel() -> Sight {
    Sight::dialog("You")
}

impl Profile<'_> {
    /// Opens it.
    pub async fn open(&self) {
        self.0.click(Sight::button("You")).await;
        self.0.find(panel()).await;
    }

    /// Returns the own user id, as shown.
    pub async fn user(&self) -> String {
        self.0.text(Sight::marked("profile-user")).await.trim().to_owned()
    }

    /// Copies the own user id.
    pub async fn copy_user(&self) {
        self.0.click(Sight::button("Copy the user id").inside(panel())).await;
    }

    /// Changes the name.
    pub async fn rename(&self, name: &str) {
        self.0.fill(Sight::field("Name").inside(panel()), name).await;
        self.0.click(Sight::button("Save").inside(panel())).await;
    }
}
