//! The rooms and their members.

use thirtyfour::Key;

use crate::browser::{Person, Sight};

/// The list of rooms.
#[derive(Debug)]
pub struct Rooms<'a>(pub(super) &'a Person);

fn rooms() -> Sight {
    Sight::role("navigation").named("Rooms")
}

fn room_field() -> Sight {
    Sight::field("Room").inside(Sight::dialog("Jump to a room"))
}

/// Returns the link to a room. Its name is the room's, and then the number of unread messages.
fn link(channel: &str) -> Sight {
    Sight::role("link").whose_name_begins(title(channel)).inside(rooms())
}

fn title(channel: &str) -> &str {
    channel.strip_prefix("room:").unwrap_or(channel)
}

impl Rooms<'_> {
    /// Shows the list on a small screen.
    pub async fn show(&self) {
        self.0.click(Sight::button("Menu")).await;
        self.0.find(rooms()).await;
    }

    /// Returns the button that opens a room.
    pub fn opener() -> Sight {
        Sight::button("Jump to a room").inside(rooms())
    }

    /// Returns the field for the room's name, after a click on [`opener`](Self::opener).
    pub fn field() -> Sight {
        room_field()
    }

    /// Opens the room of this name, which may be new.
    pub async fn open(&self, name: &str) {
        self.0.click(Self::opener()).await;
        self.0.fill(room_field(), name).await;
        self.0.press_key(Key::Enter).await;
        self.0.expect_gone(room_field()).await;
        self.expect_open(&format!("room:{name}")).await;
    }

    /// Waits until this room is open. On a small screen the list may be hidden then.
    pub async fn expect_open(&self, channel: &str) {
        self.0.find(Sight::role("heading").named(&format!("#{}", title(channel)))).await;
        self.0.find(Sight::role("log").named(&format!("Messages in #{}", title(channel)))).await;
    }

    /// Opens a room of the list.
    pub async fn go(&self, channel: &str) {
        self.0.click(link(channel)).await;
        self.expect_open(channel).await;
        self.0.find(link(channel).that_is_current()).await;
    }

    /// Waits until a room has this many unread messages.
    pub async fn expect_unread(&self, channel: &str, count: usize) {
        self.expect_name(channel, &format!("{} {count} unread", title(channel))).await;
    }

    /// Waits until a room has no unread messages.
    pub async fn expect_all_read(&self, channel: &str) {
        self.expect_name(channel, title(channel)).await;
    }

    async fn expect_name(&self, channel: &str, name: &str) {
        self.0
            .expect_sight(&format!("sees the room “{name}”"), link(channel), "nameOf(element)", |names| {
                names.iter().any(|shown| shown == name).then_some(())
            })
            .await;
    }
}

/// The members of the open room.
#[derive(Debug)]
pub struct Roster<'a>(pub(super) &'a Person);

fn roster() -> Sight {
    Sight::role("complementary").named("Who is here")
}

impl Roster<'_> {
    /// Waits until exactly these members are shown, in any order.
    pub async fn expect(&self, names: &[&str]) {
        let members = Sight::role("listitem").inside(Sight::role("list").named("Members").inside(roster()));
        self.0
            .expect_sight(
                &format!("sees {names:?} in the room"),
                members,
                "clean(contentOf(element))",
                |shown| {
                    let shown = shown.iter().filter_map(|member| member.as_str());
                    let mut shown: Vec<&str> =
                        shown.map(|member| member.strip_suffix(" you").unwrap_or(member)).collect();
                    let mut names = names.to_vec();
                    shown.sort_unstable();
                    names.sort_unstable();
                    (shown == names).then_some(())
                },
            )
            .await;
    }

    /// Waits until the heading contains this text.
    pub async fn expect_heading(&self, text: &str) {
        self.0.find(Sight::role("heading").with_text(text).inside(roster())).await;
    }
}
