//! The current day.

use super::world::{DAY_MS, World};
use crate::core::intent::{Attention, Intent};

#[test]
fn the_day_changes_at_midnight_by_itself_and_after_a_sleep() {
    let mut world = World::new();
    let tab = world.open("#/");
    assert_eq!(world.tabs[tab].app.today(), 100);
    world.wait(DAY_MS / 2 - 1);
    assert_eq!(world.tabs[tab].app.today(), 100);
    world.wait(1);
    assert_eq!(world.tabs[tab].app.today(), 101);
    // The laptop sleeps for three days; timers do not run meanwhile.
    world.now.0 += 3 * DAY_MS;
    world.attend(tab, Attention::Focused);
    assert_eq!(world.tabs[tab].app.today(), 104);
    world.intend(tab, Intent::Elapsed);
    assert!(world.tabs[tab].app.poll_timeout().is_some_and(|at| at > world.now));
}
