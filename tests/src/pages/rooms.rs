//! The rooms and their members.

use thirtyfour::Key;

use super::mark::marked;
use crate::browser::Person;

/// The list of rooms.
#[derive(Debug)]
pub struct Rooms<'a>(pub(super) &'a Person);

impl Rooms<'_> {
    /// Opens the room of this name, which may be new.
    pub async fn open(&self, name: &str) {
        self.0.click(&marked("open-room")).await;
        self.0.fill(&marked("open-room-name"), name).await;
        self.0.press_key(Key::Enter).await;
        self.0.expect_none(&marked("open-room-name")).await;
        self.expect_open(&format!("room:{name}")).await;
    }

    /// Waits until this room is open.
    pub async fn expect_open(&self, channel: &str) {
        let current = format!("{}[aria-current]", link(channel));
        let condition = format!("document.querySelector({current:?}) !== null");
        let rooms = format!("document.querySelector({:?})?.outerHTML", marked("rooms"));
        self.0.expect_that(&format!("is in {channel}"), &condition, &rooms).await;
    }

    /// Opens a room of the list.
    pub async fn go(&self, channel: &str) {
        self.0.click(&link(channel)).await;
        self.expect_open(channel).await;
    }

    /// Waits until a room has this many unread messages.
    pub async fn expect_unread(&self, channel: &str, count: usize) {
        self.0.expect_number(&format!("{} {}", link(channel), marked("room-unread")), count).await;
    }

    /// Waits until a room has no unread messages.
    pub async fn expect_all_read(&self, channel: &str) {
        self.0.expect_none(&format!("{} {}", link(channel), marked("room-unread"))).await;
    }
}

fn link(channel: &str) -> String {
    format!("{}[data-channel={channel:?}]", marked("room-link"))
}

/// The members of the open room.
#[derive(Debug)]
pub struct Roster<'a>(pub(super) &'a Person);

impl Roster<'_> {
    /// Waits until exactly these members are shown, in any order.
    pub async fn expect(&self, names: &[&str]) {
        let script = format!(
            "return Array.from(document.querySelectorAll('{} {} .member__name'), e => e.innerText.trim())",
            marked("roster"),
            marked("member")
        );
        self.0
            .expect_of(&format!("sees {names:?} in the room"), &script, |shown| {
                let mut shown: Vec<&str> =
                    shown.as_array()?.iter().filter_map(|member| member.as_str()).collect();
                let mut names = names.to_vec();
                shown.sort_unstable();
                names.sort_unstable();
                (shown == names).then_some(())
            })
            .await;
    }
}
