//! When the rows of a room are drawn: at once, or less often while more messages arrive than can be read.

use shared::time::Timestamp;

use crate::core::timeline::Pace;

/// Time after the last drawing of a flood until all rows are drawn again, in milliseconds.
const CALM_AFTER_MS: u64 = 200;

/// The drawing of one room.
#[derive(Debug)]
pub(crate) struct Drawing {
    /// Messages since the last drawing.
    arrivals: usize,
    drawn_at: Timestamp,
    /// The pace of the last drawing.
    drawn_for: Pace,
    /// The time of the next drawing.
    due: Option<Timestamp>,
}

impl Default for Drawing {
    fn default() -> Self {
        Self { arrivals: 0, drawn_at: Timestamp(0), drawn_for: Pace::Calm, due: None }
    }
}

impl Drawing {
    /// A message has arrived.
    pub(crate) fn arrive(&mut self) {
        self.arrivals += 1;
    }

    /// Nobody looks at the room, so what has arrived is no flood when somebody comes.
    pub(crate) fn ignore_arrivals(&mut self) {
        self.arrivals = 0;
    }

    /// Schedules a drawing of what has arrived.
    pub(crate) fn schedule(&mut self, now: Timestamp) {
        // A moment with few messages does not end a flood: all the rows would be created, and replaced at once.
        let pace = match self.drawn_for {
            Pace::Flood => Pace::Flood,
            Pace::Calm => Pace::of(self.arrivals),
        };
        let ago_ms = now.0.saturating_sub(self.drawn_at.0);
        let due = Timestamp(now.0.saturating_add(pace.wait_ms(ago_ms)));
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    /// Returns the time of the next drawing.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Whether the rows are to be drawn now. Returns true once for each scheduled drawing.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            self.due = None;
        }
        is_due
    }

    /// The rows are drawn now. Returns the pace to draw at.
    pub(crate) fn draw(&mut self, now: Timestamp) -> Pace {
        let pace = Pace::of(std::mem::take(&mut self.arrivals));
        (self.drawn_at, self.drawn_for) = (now, pace);
        self.due = match pace {
            Pace::Flood => Some(Timestamp(now.0.saturating_add(CALM_AFTER_MS))),
            Pace::Calm => None,
        };
        pace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_drawn_ten_times_a_second_and_once_more_when_it_ends() {
        let mut drawing = Drawing::default();
        let mut drawn = Vec::new();
        for now in (0..1_000).step_by(16).map(Timestamp) {
            (0..20).for_each(|_| drawing.arrive());
            drawing.schedule(now);
            if drawing.due().is_some_and(|due| due <= now) {
                drawn.push((now.0, drawing.draw(now)));
            }
        }
        assert!((8..=10).contains(&drawn.len()), "{drawn:?}");
        assert!(drawn.iter().all(|(_, pace)| *pace == Pace::Flood));
        let due = drawing.due().unwrap();
        assert!(due.0 <= drawn.last().unwrap().0 + CALM_AFTER_MS);
        drawing.ignore_arrivals();
        assert_eq!((drawing.draw(due), drawing.due()), (Pace::Calm, None));
    }

    #[test]
    fn a_single_message_is_drawn_at_once() {
        let mut drawing = Drawing::default();
        drawing.draw(Timestamp(10));
        drawing.arrive();
        drawing.schedule(Timestamp(11));
        assert_eq!(drawing.due(), Some(Timestamp(11)));
    }
}
