//! Random stories: whatever happens in whatever order, nothing is silently missing, nothing becomes unread again, and in
//! the end all tabs agree.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::ids::{ChannelName, Epoch, MessageId, Offset};
use shared::protocol::{ErrorCode, Payload, Refusal, Sender, Signal, SignalState};
use shared::session::Event;

use super::world::{LOBBY, World, channel, notification};
use crate::core::intent::{Attention, Intent, RoomIntent};
use crate::core::room::History;
use crate::core::timeline::{Body, Row, UNREAD_MAX, View};

const ROOMS: [&str; 3] = [LOBBY, "room:kitchen", "room:attic"];
const USERS: [&str; 3] = ["bob", "eve", "ada"];
const NAMES: [&str; 3] = ["Ada", "Countess", "Lovelace"];
const TABS_MAX: usize = 3;

/// Something that happens. Numbers pick one of what there is.
#[derive(Debug, Clone)]
enum Step {
    Say { room: usize, user: usize, what: usize, step: u64 },
    SayMany(usize, usize),
    Amend { room: usize, back: usize, user: usize, what: usize },
    Open(usize),
    Close(usize),
    Go(usize, usize),
    CloseRoom(usize, usize),
    Attend(usize, usize),
    Scroll(usize, usize),
    Write(usize, usize),
    Bell(usize, bool),
    Disconnect(usize),
    Reconnect(usize),
    RefuseRoom(usize, usize),
    RefusePublications(bool),
    RepliesFirst(bool),
    Reply { tab: usize, pick: usize, refuses: bool },
    Typing(usize),
    Trim(usize, u64),
    Reset,
    Restore(usize, u64),
    SetName(usize, usize),
    RefuseNames(bool),
    FillStorage(bool),
    ClearStorage,
    Wait(u64),
    Sleep(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (tab, room, pick) = (0..TABS_MAX, 0..ROOMS.len(), 0..100_usize);
    prop_oneof![
        8 => (room.clone(), 0..USERS.len(), 0..5_usize, 1..4_u64)
            .prop_map(|(room, user, what, step)| Step::Say { room, user, what, step }),
        2 => (room.clone(), 1..70_usize).prop_map(|(room, count)| Step::SayMany(room, count)),
        5 => (room.clone(), 0..8_usize, 0..USERS.len(), 0..3_usize)
            .prop_map(|(room, back, user, what)| Step::Amend { room, back, user, what }),
        1 => room.clone().prop_map(Step::Open),
        1 => tab.clone().prop_map(Step::Close),
        4 => (tab.clone(), room.clone()).prop_map(|(tab, room)| Step::Go(tab, room)),
        1 => (tab.clone(), room.clone()).prop_map(|(tab, room)| Step::CloseRoom(tab, room)),
        3 => (tab.clone(), 0..3_usize).prop_map(|(tab, how)| Step::Attend(tab, how)),
        6 => (tab.clone(), 0..5_usize).prop_map(|(tab, how)| Step::Scroll(tab, how)),
        5 => (tab.clone(), 0..6_usize).prop_map(|(tab, how)| Step::Write(tab, how)),
        1 => (tab.clone(), any::<bool>()).prop_map(|(tab, clears)| Step::Bell(tab, clears)),
        2 => tab.clone().prop_map(Step::Disconnect),
        3 => tab.clone().prop_map(Step::Reconnect),
        1 => (tab.clone(), room.clone()).prop_map(|(tab, room)| Step::RefuseRoom(tab, room)),
        1 => any::<bool>().prop_map(Step::RefusePublications),
        1 => any::<bool>().prop_map(Step::RepliesFirst),
        9 => (tab.clone(), pick, prop::bool::weighted(0.15))
            .prop_map(|(tab, pick, refuses)| Step::Reply { tab, pick, refuses }),
        1 => tab.clone().prop_map(Step::Typing),
        1 => (room.clone(), 1..100_u64).prop_map(|(room, percent)| Step::Trim(room, percent)),
        1 => Just(Step::Reset),
        1 => (room, 1..100_u64).prop_map(|(room, percent)| Step::Restore(room, percent)),
        1 => (tab, 0..NAMES.len()).prop_map(|(tab, name)| Step::SetName(tab, name)),
        1 => any::<bool>().prop_map(Step::RefuseNames),
        1 => any::<bool>().prop_map(Step::FillStorage),
        1 => Just(Step::ClearStorage),
        4 => (1..3_000_u64).prop_map(Step::Wait),
        1 => (1..200_000_000_u64).prop_map(Step::Sleep),
    ]
}

/// The world, and what is remembered to compare with.
struct Story {
    world: World,
    /// The messages that can be amended, of each room.
    said: BTreeMap<usize, Vec<(MessageId, usize)>>,
    /// Up to where the notifications of a channel were cleared.
    cleared: BTreeMap<ChannelName, (Epoch, Offset)>,
    written: usize,
    /// Whether the browser has kept everything so far: it was neither full nor cleared.
    has_kept_all: bool,
    was_cleared: bool,
}

impl Story {
    fn begin() -> Self {
        let mut world = World::new();
        world.keep("rooms", &ROOMS.join("\n"));
        world.says_many(LOBBY, 3);
        world.answers_history = false;
        world.open("#/");
        let (said, cleared, written) = (BTreeMap::new(), BTreeMap::new(), 0);
        Self { world, said, cleared, written, has_kept_all: true, was_cleared: false }
    }

    /// Picks an open tab.
    fn tab(&self, pick: usize) -> Option<usize> {
        let open = self.world.open_tabs();
        open.get(pick % open.len().max(1)).copied()
    }

    fn current(&self, tab: usize) -> ChannelName {
        self.world.tabs[tab].app.current().unwrap().clone()
    }

    /// Runs a step. Returns whether messages may have become known to a tab.
    fn run(&mut self, step: &Step) -> bool {
        match step {
            Step::Say { room, user, what, step } => self.say(*room, *user, *what, *step),
            Step::SayMany(room, count) => self.world.says_many(ROOMS[*room], *count),
            Step::Amend { room, back, user, what } => self.amend(*room, *back, *user, *what),
            Step::Open(room) if self.world.open_tabs().len() < TABS_MAX => {
                self.world.open(&format!("#/room/{}", channel(ROOMS[*room]).name()));
            }
            Step::Open(_) => {}
            Step::Trim(room, percent) => {
                let head = self.world.published(&channel(ROOMS[*room])).0.last();
                let floor = head.map_or(0, |head| head.offset.0 * percent / 100);
                self.world.trim(ROOMS[*room], floor);
            }
            Step::Reset => {
                self.world.reset();
                self.said.clear();
            }
            Step::Restore(room, percent) => self.restore(ROOMS[*room], *percent),
            Step::RefuseNames(on) => self.world.name_is_refused = *on,
            Step::FillStorage(on) => {
                self.world.storage_is_full = *on;
                self.has_kept_all &= !on;
            }
            Step::ClearStorage => {
                self.world.clear_storage();
                (self.has_kept_all, self.was_cleared) = (false, true);
                self.world.keep("name", "Ada");
                self.world.keep("user", "ada");
            }
            Step::RefusePublications(on) => self.world.publish_is_refused = *on,
            Step::RepliesFirst(on) => self.world.replies_first = *on,
            Step::Wait(ms) => {
                self.world.wait(*ms);
                return false;
            }
            Step::Sleep(ms) => {
                self.world.now.0 += ms;
                self.world.wait(1);
                return false;
            }
            Step::Close(tab)
            | Step::Go(tab, _)
            | Step::CloseRoom(tab, _)
            | Step::Attend(tab, _)
            | Step::Scroll(tab, _)
            | Step::Write(tab, _)
            | Step::Bell(tab, _)
            | Step::Disconnect(tab)
            | Step::Reconnect(tab)
            | Step::RefuseRoom(tab, _)
            | Step::Typing(tab)
            | Step::SetName(tab, _)
            | Step::Reply { tab, .. } => {
                if let Some(tab) = self.tab(*tab) {
                    return self.run_in(tab, step);
                }
            }
        }
        true
    }

    fn run_in(&mut self, tab: usize, step: &Step) -> bool {
        let world = &mut self.world;
        match step {
            Step::Close(_) if world.open_tabs().len() == 1 => {}
            Step::Close(_) => world.close(tab),
            Step::Go(_, room) => world.go(tab, ROOMS[*room]),
            Step::CloseRoom(_, room) => {
                world.intend(tab, Intent::Close(channel(ROOMS[*room])));
                world.run();
            }
            Step::Attend(_, how) => {
                world.attend(tab, [Attention::Focused, Attention::Visible, Attention::Hidden][*how]);
            }
            Step::Scroll(_, how) => {
                let intents = [
                    RoomIntent::LeaveEnd,
                    RoomIntent::Older,
                    RoomIntent::ReachBottom,
                    RoomIntent::Follow,
                    RoomIntent::RetryHole,
                ];
                let name = self.current(tab);
                self.world.in_room(tab, name.as_str(), intents[*how].clone());
            }
            Step::Write(_, how) => {
                self.written += 1;
                let intents = [
                    RoomIntent::Type(format!("text {}", self.written)),
                    RoomIntent::Type(String::new()),
                    RoomIntent::Send,
                    RoomIntent::Send,
                    RoomIntent::EditLast,
                    RoomIntent::StopEditing,
                ];
                let name = self.current(tab);
                self.world.in_room(tab, name.as_str(), intents[*how].clone());
            }
            Step::Bell(_, false) => {
                world.intend(tab, Intent::ReadBell);
                world.run();
            }
            Step::Bell(_, true) => self.clear_bell(tab),
            Step::Typing(_) => {
                let from = Sender { user: "bob".parse().unwrap(), name: "Bob".parse().unwrap() };
                let signal = Signal { channel: channel(LOBBY), from, state: SignalState::Typing };
                world.hear(tab, Event::Signal(signal));
            }
            Step::SetName(_, name) => {
                world.intend(tab, Intent::SetName(NAMES[*name].parse().unwrap()));
                world.run();
            }
            Step::Disconnect(_) if world.tabs[tab].is_connected => world.disconnect(tab),
            Step::Reconnect(_) if !world.tabs[tab].is_connected => {
                world.reconnect(tab);
                return true;
            }
            Step::Disconnect(_) | Step::Reconnect(_) => {}
            Step::RefuseRoom(_, room) => {
                let refusal = Refusal::new(ErrorCode::Forbidden, "No.");
                let channel = channel(ROOMS[*room]);
                if world.tabs[tab].app.room(&channel).is_some() {
                    world.hear(tab, Event::SubscribeRefused { channel, refusal });
                }
            }
            Step::Reply { pick, refuses, .. } => {
                world.reply_to_history(tab, *pick, *refuses);
                return true;
            }
            _ => {}
        }
        false
    }

    /// The server goes on with an older copy of a room, and all tabs connect again before anybody says anything. Later, the
    /// server could not say that the log is another.
    fn restore(&mut self, name: &str, percent: u64) {
        let channel = channel(name);
        let (all, floor) = self.world.published(&channel);
        let head = all.last().map_or(0, |last| last.offset.0 * percent / 100).max(floor.0);
        self.world.restore(name, head);
        if let Some((_, cleared)) = self.cleared.get_mut(&channel) {
            *cleared = Offset(head).min(*cleared);
        }
        for tab in self.world.open_tabs() {
            self.world.reconnect(tab);
        }
    }

    fn say(&mut self, room: usize, user: usize, what: usize, step: u64) {
        let (name, payload) = match what {
            0 => (ROOMS[room], notification("Alarm")),
            1 => (ROOMS[room], Payload::chat("hi @Ada")),
            2 => ("inbox:ada", notification("For you")),
            _ => (ROOMS[room], Payload::chat("hi")),
        };
        let id = self.world.publish_after(name, USERS[user], payload, step);
        if what != 2 {
            self.said.entry(room).or_default().push((id, user));
        }
    }

    fn amend(&mut self, room: usize, back: usize, user: usize, what: usize) {
        let said = self.said.entry(room).or_default();
        let Some((of, sender)) = said.iter().rev().nth(back).copied() else { return };
        let (user, payload) = match what {
            // Mostly by the sender. By others it has no effect.
            0 => (if user == 0 { 1 } else { sender }, Payload::Retract { of }),
            1 => (sender, Payload::Edit { of, text: "hello @Ada".to_owned() }),
            _ => (user, Payload::Reaction { of, emoji: "x".to_owned(), on: user == 0 }),
        };
        self.world.publish(ROOMS[room], USERS[user], payload);
    }

    fn clear_bell(&mut self, tab: usize) {
        let epoch = self.world.epoch;
        // Without a connection, the log that is cleared may be an earlier one.
        if self.world.tabs[tab].is_connected {
            for item in self.world.tabs[tab].app.bell().items() {
                // A room that was closed or refused may have notifications of an earlier log.
                if let Some((channel, offset)) = item.source.clone()
                    && self.world.published(&channel).0.iter().any(|one| Some(one.id) == item.message_id)
                {
                    let (of, known) = self.cleared.entry(channel).or_insert((epoch, offset));
                    *known = if *of == epoch { offset.max(*known) } else { offset };
                    *of = epoch;
                }
            }
        }
        self.world.intend(tab, Intent::ClearBell);
        self.world.run();
    }

    /// The number of unread messages, by tab and room.
    fn unread(&self) -> BTreeMap<(usize, ChannelName), usize> {
        let mut unread = BTreeMap::new();
        for tab in self.world.open_tabs() {
            let app = &self.world.tabs[tab].app;
            for room in app.order().iter().filter_map(|channel| app.room(channel)) {
                unread.insert((tab, room.channel().clone()), room.unread().count);
            }
        }
        unread
    }

    /// Checks the rows on the screen of a tab.
    fn check_rows(&mut self, tab: usize) {
        let (channel, now) = (self.current(tab), self.world.now);
        let (rows, _) = self.world.tabs[tab].app.draw(&channel, now, |_| true);
        assert!(rows.len() <= 800, "{} rows", rows.len());
        let is_this_log = self.world.epoch_of(tab, &channel) == Some(self.world.epoch);
        let (all, _) = self.world.published(&channel);
        let shows = |after: Offset, before: Offset| {
            let start = all.partition_point(|message| message.offset <= after);
            let mut between = all[start..].iter().take_while(|message| message.offset < before);
            between.find(|message| Body::of(&message.payload).is_some())
        };
        let mut last: Option<Offset> = None;
        let (mut says_missing, mut has_unsent) = (false, false);
        for row in &rows {
            match row {
                Row::Hole(_) | Row::Lost(..) => says_missing = true,
                Row::Day { .. } | Row::New => {}
                Row::Entry { entry, .. } => {
                    let Some(offset) = entry.offset() else {
                        has_unsent = true;
                        continue;
                    };
                    assert!(!has_unsent, "unsent messages are last");
                    if let Some(last) = last {
                        assert!(last < offset, "{last:?} before {offset:?}");
                        let silent = shows(last, offset).filter(|_| !says_missing && is_this_log);
                        assert!(silent.is_none(), "tab {tab} in {channel} misses {silent:?}");
                    }
                    (last, says_missing) = (Some(offset), false);
                }
            }
        }
        let app = &self.world.tabs[tab].app;
        let room = app.room(&channel).unwrap();
        let is_live = is_this_log && self.world.tabs[tab].is_connected;
        if let (View::Following, Some(last), true) = (room.view(), last, is_live && !says_missing) {
            let silent = shows(last, Offset(u64::MAX));
            assert!(silent.is_none(), "tab {tab} in {channel} misses at the end {silent:?}");
        }
        let attention = self.world.tabs[tab].attention;
        if room.view() == View::Following
            && attention.is_visible()
            && !matches!(room.history(), History::Loading | History::Unloaded)
        {
            assert_eq!(room.unread().count, 0, "tab {tab} shows {channel}");
        }
    }

    /// Everything that waits is done, and nothing is refused any more.
    fn settle(&mut self) {
        (self.world.answers_history, self.world.publish_is_refused) = (true, false);
        self.world.storage_is_full = false;
        for tab in self.world.open_tabs() {
            if !self.world.tabs[tab].is_connected {
                self.world.reconnect(tab);
            }
            for channel in self.world.tabs[tab].app.order().clone().iter() {
                self.try_again(tab, channel);
            }
            self.world.attend(tab, Attention::Hidden);
            self.world.attend(tab, Attention::Visible);
        }
        self.world.wait(3_000);
    }

    /// The reader repeats what was refused.
    fn try_again(&mut self, tab: usize, channel: &ChannelName) {
        if self.world.room(tab, channel.as_str()).trouble().is_some() {
            self.world.in_room(tab, channel.as_str(), RoomIntent::Join);
        }
        for _ in 0..30 {
            if matches!(self.world.room(tab, channel.as_str()).history(), History::Refused(_)) {
                self.world.in_room(tab, channel.as_str(), RoomIntent::Older);
            }
        }
    }

    fn check_settled(&mut self) {
        let tabs = self.world.open_tabs();
        for tab in tabs.iter().copied() {
            self.check_rows(tab);
            self.check_unread(tab);
            self.check_bell(tab);
        }
        let (first, world) = (tabs[0], &self.world);
        for tab in tabs {
            let (one, other) = (&world.tabs[first].app, &world.tabs[tab].app);
            assert!(!other.is_at_risk(), "an unsent message of tab {tab} is not stored");
            if self.has_kept_all {
                assert_eq!(one.me(), other.me());
                assert_eq!(other.me().name.as_ref().unwrap().as_str(), world.kept("name"));
            }
            for channel in ROOMS.map(channel) {
                let stored = world.kept("rooms");
                if stored.lines().any(|line| line == channel.as_str()) {
                    assert!(other.order().has(&channel), "tab {tab} has no {channel}");
                }
                let (Some(one), Some(other)) = (one.room(&channel), other.room(&channel)) else { continue };
                assert_eq!(one.read(), other.read(), "{channel} is read in tabs {first} and {tab}");
                if !one.is_editing() && !other.is_editing() && !self.was_cleared {
                    assert_eq!(one.draft(), other.draft(), "drafts of {channel}");
                    assert_eq!(other.draft(), world.kept(&format!("draft.{channel}")));
                }
            }
        }
    }

    fn check_unread(&self, tab: usize) {
        let app = &self.world.tabs[tab].app;
        for room in app.order().iter().filter_map(|channel| app.room(channel)) {
            let (all, floor) = self.world.published(room.channel());
            let retractions: Vec<_> = all
                .iter()
                .filter_map(|message| match message.payload {
                    Payload::Retract { of } => Some((of, &message.from.user)),
                    _ => None,
                })
                .collect();
            let counted = all.iter().filter(|message| {
                message.offset > room.read()
                    && message.from.user.as_str() != "ada"
                    && Body::of(&message.payload).is_some()
            });
            let unread: Vec<_> =
                counted.clone().filter(|one| !retractions.contains(&(one.id, &one.from.user))).collect();
            let kept = unread.iter().filter(|message| message.offset > floor).count().min(UNREAD_MAX);
            // What the server has dropped may be loaded, and its retraction may be lost.
            let most = if floor > Offset(0) { counted.count() } else { unread.len() }.min(UNREAD_MAX);
            let count = room.unread().count;
            assert!(
                kept <= count && count <= most,
                "tab {tab} counts {count} in {}, which has {kept} to {most} after {:?}",
                room.channel(),
                room.read()
            );
        }
    }

    fn check_bell(&self, tab: usize) {
        for item in self.world.tabs[tab].app.bell().items() {
            let (Some((channel, offset)), Some(id)) = (&item.source, item.message_id) else { continue };
            let (all, floor) = self.world.published(channel);
            // A room that was closed may have notifications of an earlier log.
            let Some(original) = all.iter().find(|message| message.id == id) else { continue };
            if let Some((epoch, cleared)) = self.cleared.get(channel) {
                let is_earlier = *epoch != self.world.epoch || !self.has_kept_all;
                assert!(is_earlier || offset > cleared, "{item:?} was cleared");
            }
            if let Some(room) = self.world.tabs[tab].app.room(channel) {
                assert!(!item.unread || *offset > room.read(), "{item:?} was read in its room");
            }
            let by_sender = all.iter().any(|message| {
                message.payload == Payload::Retract { of: id } && message.from.user == original.from.user
            });
            // The retraction may be in a part that was never loaded.
            let is_whole = all.len() < 40 && floor == Offset(0) && !self.world.has_left(tab, channel);
            assert!(!(by_sender && is_whole), "{item:?} was retracted");
        }
    }
}

/// Runs a story, and checks after each step what always holds, and at the end what holds when everything is done.
fn tell(steps: &[Step]) {
    let mut story = Story::begin();
    for step in steps {
        let before = story.unread();
        let news = story.run(step);
        for tab in story.world.open_tabs() {
            story.check_rows(tab);
        }
        if !news {
            for (key, count) in story.unread() {
                let known = before.get(&key).copied().unwrap_or(usize::MAX);
                assert!(count <= known, "{key:?} has {count} unread instead of {known} after {step:?}");
            }
        }
    }
    story.settle();
    story.check_settled();
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_stories_end_well(steps in prop::collection::vec(step(), 1..50)) {
        tell(&steps);
    }
}
