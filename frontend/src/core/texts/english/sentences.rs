//! The texts in English that depend on values.

use shared::protocol::{ErrorCode, Level, Refusal};

use super::refusals;
use super::words::WORDS;
use crate::core::texts::sentences::Sentences;

/// The sentences in English.
pub(crate) struct English;

impl Sentences for English {
    fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text
    }

    fn bytes(&self, bytes: usize) -> String {
        format!("{} B", self.number(bytes as u64))
    }

    fn badge(&self, count: usize) -> String {
        if count > 99 { "99+".to_owned() } else { count.to_string() }
    }

    fn tab_title(&self, unread: usize) -> String {
        if unread == 0 { WORDS.app.to_owned() } else { format!("({}) {}", self.badge(unread), WORDS.app) }
    }

    fn room(&self, room: &str) -> String {
        format!("#{room}")
    }

    fn leave(&self, room: &str) -> String {
        format!("Leave #{room}")
    }

    fn message_to(&self, room: &str) -> String {
        format!("Message #{room}")
    }

    fn messages_in(&self, room: &str) -> String {
        format!("Messages in #{room}")
    }

    fn start_of(&self, room: &str) -> String {
        format!("This is the start of #{room}")
    }

    fn quiet_in(&self, room: &str) -> String {
        format!("It’s quiet in #{room}")
    }

    fn typing(&self, names: &[&str]) -> String {
        match names {
            [] => String::new(),
            [one] => format!("{one} is typing…"),
            [one, other] => format!("{one} and {other} are typing…"),
            many => format!("{} people are typing…", self.number(many.len() as u64)),
        }
    }

    fn new_messages(&self, count: usize) -> String {
        format!("{} new", self.badge(count))
    }

    fn expired(&self, count: u64) -> String {
        match count {
            1 => "1 older message has expired".to_owned(),
            many => format!("Up to {} older messages have expired", self.number(many)),
        }
    }

    fn custom(&self, name: &str) -> String {
        format!("Custom message: {name}")
    }

    fn unsupported(&self, kind: &str) -> String {
        let kind = if kind.is_empty() { String::new() } else { format!(" ({kind})") };
        format!("This version of the app cannot show this message{kind}. Reload the page.")
    }

    fn reaction(&self, emoji: &str, count: usize, is_mine: bool) -> String {
        let plural = if count == 1 { "" } else { "s" };
        let rest = match (is_mine, count) {
            (true, 1) => ", yours. Remove it",
            (true, _) => ", one is yours. Remove it",
            (false, _) => ". Add yours",
        };
        format!("{emoji} {count} reaction{plural}{rest}")
    }

    fn characters_left(&self, count: usize) -> String {
        let plural = if count == 1 { "" } else { "s" };
        format!("{} character{plural} left", self.number(count as u64))
    }

    fn characters_over(&self, count: usize) -> String {
        let plural = if count == 1 { "" } else { "s" };
        format!("Too long by {} character{plural}", self.number(count as u64))
    }

    fn members(&self, count: usize, is_online: bool) -> String {
        let title = if is_online { WORDS.here_now } else { WORDS.last_seen_here };
        if count == 0 { title.to_owned() } else { format!("{title} · {}", self.number(count as u64)) }
    }

    fn members_short(&self, count: usize, is_online: bool) -> String {
        let number = self.number(count as u64);
        match (count, is_online) {
            (0, _) => String::new(),
            (_, true) => format!("{number} here"),
            (_, false) => format!("{number} last seen here"),
        }
    }

    fn show_members(&self, count: usize, is_online: bool) -> String {
        match self.members_short(count, is_online) {
            none if none.is_empty() => "Show members".to_owned(),
            some => format!("{some}. Show members"),
        }
    }

    fn bell(&self, unread: usize) -> String {
        match unread {
            0 => WORDS.notifications.to_owned(),
            count => format!("{}, {} unread", WORDS.notifications, self.number(count as u64)),
        }
    }

    fn retrying_in(&self, seconds: u64) -> String {
        format!("You’re offline. Retrying in {seconds} s")
    }

    fn connection(&self, number: &str) -> String {
        format!("Connection {number}")
    }

    fn name_too_long(&self, max: usize) -> String {
        format!("Names can be up to {max} characters.")
    }

    fn refusal(&self, refusal: &Refusal) -> String {
        refusals::sentence(refusal)
    }

    fn not_sent(&self, refusal: &Refusal) -> String {
        let why = match refusal.code {
            ErrorCode::Forbidden => "You can only read in this room.".to_owned(),
            _ => refusals::sentence(refusal),
        };
        format!("Couldn’t send. {why}")
    }

    fn room_refused(&self, refusal: &Refusal) -> (&'static str, String) {
        match refusal.code {
            ErrorCode::Forbidden => {
                ("You don’t have access to this room", "Ask whoever runs this server.".to_owned())
            }
            ErrorCode::UnknownNamespace | ErrorCode::InvalidChannel => {
                ("There is no such room", "Check the address, or jump to another room.".to_owned())
            }
            _ => ("This room could not be opened", refusals::sentence(refusal)),
        }
    }

    fn push_refused(&self, refusal: &Refusal) -> String {
        let why = match refusal.code {
            // Without a valid key. There is nothing that the server delivers later.
            ErrorCode::RateLimited => "Too many attempts. Wait a moment, then try again.".to_owned(),
            _ => refusals::sentence(refusal),
        };
        format!("{why} ({})", refusal.code.as_str())
    }

    fn http_status(&self, status: u16) -> String {
        format!("The server answered with HTTP status {status}.")
    }

    fn published(&self, offset: u64, is_duplicate: bool) -> String {
        let done = if is_duplicate { "Already sent" } else { "Sent" };
        format!("{done} (message {offset}).")
    }

    fn pushed(&self, connections: u64) -> String {
        let plural = if connections == 1 { "" } else { "s" };
        format!("Sent to {} connection{plural}.", self.number(connections))
    }

    fn level(&self, level: Level) -> &'static str {
        match level {
            Level::Info | Level::Unknown => "Info",
            Level::Success => "Success",
            Level::Warning => "Warning",
            Level::Error => "Error",
        }
    }
}
