//! How people are drawn.

use shared::ids::{DisplayName, UserId};
use shared::presence::Roster;

use super::case;

/// How many colours the style sheet has for avatars: `--avatar-0` to `--avatar-7`.
const AVATAR_COLOURS: u32 = 8;

/// The first letters of the first and the last word of a name.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    let letters = case::upper(&first.into_iter().chain(last).collect::<String>());
    if letters.is_empty() { name.chars().take(1).collect() } else { letters }
}

/// Who is here: `me` first, the others by name.
pub(crate) fn in_order(roster: &Roster, me: Option<&UserId>) -> Vec<(UserId, DisplayName)> {
    let mut people: Vec<(bool, String, UserId, DisplayName)> = Vec::new();
    for (user, name) in roster.iter() {
        let (is_other, lower) = (Some(user) != me, case::lower(name.as_str()));
        let at = people.partition_point(|before| (before.0, &before.1) <= (is_other, &lower));
        people.insert(at, (is_other, lower, user.clone(), name.clone()));
    }
    people.into_iter().map(|(_, _, user, name)| (user, name)).collect()
}

/// The heading over those who are here. While nothing is heard, it tells who was.
pub(crate) fn heading(count: usize, is_online: bool) -> String {
    let title = if is_online { "Here now" } else { "Were here" };
    if count == 0 { title.to_owned() } else { format!("{title} · {count}") }
}

/// The same in short, where there is little room; empty where nobody can be seen.
pub(crate) fn in_short(count: usize, is_online: bool) -> String {
    match (count, is_online) {
        (0, _) => String::new(),
        (_, true) => format!("{count} here"),
        (1, false) => "1 was here".to_owned(),
        (_, false) => format!("{count} were here"),
    }
}

/// Which of the colours is this user's, the same on every page (FNV-1a).
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
    fn who_is_here_is_not_claimed_while_nothing_is_heard() {
        assert_eq!([heading(2, true), heading(2, false)], ["Here now · 2", "Were here · 2"]);
        assert_eq!([heading(0, true), heading(0, false)], ["Here now", "Were here"]);
        assert_eq!([in_short(2, true), in_short(2, false)], ["2 here", "2 were here"]);
        assert_eq!([in_short(1, true), in_short(1, false)], ["1 here", "1 was here"]);
        assert_eq!([in_short(0, true), in_short(0, false)], ["", ""]);
    }

    #[test]
    fn colours_are_spread() {
        let used: std::collections::BTreeSet<u32> =
            (0..64).map(|n| colour(&UserId::parse(&format!("guest-{n}")).unwrap())).collect();
        assert_eq!(used.len(), 8);
    }
}
