//! How people are shown: initials, colours, order, and what is wrong with a name.

use shared::ids::{DisplayName, UserId};
use shared::limits::NAME_CHARS_MAX;
use shared::presence::Roster;
use shared::text::is_blank;

use super::case;
use super::texts::{sentences, words};

/// Number of avatar colours in the style sheet: `--avatar-0` to `--avatar-7`.
const AVATAR_COLOURS: u32 = 8;

/// Returns the first letters of the first and the last word of a name.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    let letters = case::upper(&first.into_iter().chain(last).collect::<String>());
    if letters.is_empty() { name.chars().take(1).collect() } else { letters }
}

/// Returns the members of a room: `me` first, the others by name.
pub(crate) fn in_order(roster: &Roster, me: Option<&UserId>) -> Vec<(UserId, DisplayName)> {
    let mut people: Vec<(bool, String, UserId, DisplayName)> = Vec::new();
    for (user, name) in roster.iter() {
        let (is_other, lower) = (Some(user) != me, case::lower(name.as_str()));
        let at = people.partition_point(|before| (before.0, &before.1) <= (is_other, &lower));
        people.insert(at, (is_other, lower, user.clone(), name.clone()));
    }
    people.into_iter().map(|(_, _, user, name)| (user, name)).collect()
}

/// Returns what is wrong with a name that [`DisplayName::parse`] refused.
pub(crate) fn name_problem(typed: &str) -> String {
    if is_blank(typed) {
        words().name_missing.to_owned()
    } else if typed.trim().chars().count() > NAME_CHARS_MAX {
        sentences().name_too_long(NAME_CHARS_MAX)
    } else {
        words().name_unprintable.to_owned()
    }
}

/// Returns the number of the user's colour, the same in every browser (FNV-1a).
pub(crate) fn colour(user: &UserId) -> u32 {
    let hash = user
        .as_str()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 16)) % AVATAR_COLOURS
}

#[cfg(test)]
mod tests {
    use shared::ids::ChannelName;
    use shared::protocol::{Presence, PresenceChange, Sender, ServerMessage};
    use shared::session::{Action, Event, Input, Session, SessionConfig};
    use shared::time::Timestamp;

    use super::*;

    #[test]
    fn initials_are_short_in_every_script() {
        for (name, shown) in
            [("Ada", "A"), ("ada king lovelace", "AL"), ("林黛玉", "林"), ("🙂", "🙂"), ("(x) y", "XY")]
        {
            assert_eq!(initials(name), shown, "{name}");
        }
    }

    #[test]
    fn one_is_first_and_the_others_come_by_name() {
        let mut roster = Roster::default();
        for (user, name) in [("a", "zoe"), ("b", "Bob"), ("c", "adam"), ("d", "bob")] {
            let (user, name) = (UserId::parse(user).unwrap(), DisplayName::parse(name).unwrap());
            roster.apply(PresenceChange::Joined(Sender { user, name }));
        }
        let me = UserId::parse("a").unwrap();
        let order: Vec<_> =
            in_order(&roster, Some(&me)).into_iter().map(|(user, _)| user.to_string()).collect();
        assert_eq!(order, ["a", "c", "b", "d"]);
    }

    /// The roster of a room is fed by the session alone, which lets only the next version through.
    #[test]
    fn somebody_who_is_here_is_not_taken_out_by_an_outdated_change() {
        let lobby = ChannelName::parse("room:lobby").unwrap();
        let presence = |version, change| {
            let (id, channel) = (None, lobby.clone());
            ServerMessage::Presence(Presence { id, channel, version: Some(version), change })
        };
        let bob = Sender { user: UserId::parse("b").unwrap(), name: DisplayName::parse("Bob").unwrap() };
        let steps = [
            presence(4, PresenceChange::Members(vec![])),
            presence(6, PresenceChange::Joined(bob.clone())),
            presence(5, PresenceChange::Joined(bob.clone())),
            presence(6, PresenceChange::Left(bob.user.clone())),
            presence(7, PresenceChange::Joined(bob.clone())),
            presence(6, PresenceChange::Left(bob.user.clone())),
        ];
        let mut session = Session::new(SessionConfig::default(), 1, Timestamp(0));
        session
            .handle(Input::Subscribe { channel: lobby.clone(), since: None, presence: true }, Timestamp(0));
        let (mut roster, mut here) = (Roster::default(), Vec::new());
        for step in steps {
            session.handle(Input::Received(step), Timestamp(0));
            while let Some(action) = session.poll_action() {
                if let Action::Emit(Event::Presence { change, .. }) = action {
                    roster.apply(change);
                }
            }
            here.push(in_order(&roster, None).len());
        }
        assert_eq!(here, [0, 0, 1, 0, 1, 1]);
    }

    #[test]
    fn each_refused_name_has_its_reason() {
        let long = "x".repeat(NAME_CHARS_MAX + 1);
        for (name, problem) in [
            ("", "Please enter a name."),
            (" \u{200b}", "Please enter a name."),
            (long.as_str(), "Names can be up to 40 characters."),
            ("a\u{2028}b", words().name_unprintable),
        ] {
            assert!(DisplayName::parse(name).is_err(), "{name:?}");
            assert_eq!(name_problem(name), problem, "{name:?}");
        }
    }

    #[test]
    fn colours_are_spread() {
        let used: std::collections::BTreeSet<u32> =
            (0..64).map(|n| colour(&UserId::parse(&format!("guest-{n}")).unwrap())).collect();
        assert_eq!(used.len(), 8);
    }
}
