//! Separates the publish's own cost from that of its deliveries.
//!
//! A message costs the server `publish + readers × delivery`. Two numbers of readers, with everything else equal, give
//! two equations. This works for every server, also without an answer to a publish. The pattern of the messages stays
//! the same: a tenth of the readers still keeps a server busy long enough that as many messages queue.

use super::super::Span;
use super::{Pace, Plan};
use crate::record::Measured;

/// Figures: the cost of a message without its deliveries, and of a delivery without its share of the message.
pub const PUBLISH_ALONE: &str = "cpu_us_publish_alone";
/// See [`PUBLISH_ALONE`].
pub const DELIVERY_ALONE: &str = "cpu_us_delivery_alone";

/// Figures: the cost of a message with all its deliveries, and their number.
const COST: &str = "cpu_us_per_publish";
const READERS: &str = "readers";

/// Half of the time is enough for the same number of messages, unless the clock sets their number.
pub(super) fn span(plan: Plan, span: &Span) -> Span {
    let measure = match plan.pace {
        Pace::Window(_) | Pace::HalfOfWindow(_) => span.measure / 2,
        Pace::PerSecond(_) => span.measure,
    };
    Span { measure, ..*span }
}

/// Adds the figures that follow from a run with another number of readers.
pub(super) fn tell(other: &Measured, measured: &mut Measured) {
    let figure = |measured: &Measured, name: &str| measured.figures.get(name).copied().unwrap_or(0.0);
    let (readers, other_readers) = (figure(measured, READERS), figure(other, READERS));
    let (cost, other_cost) = (figure(measured, COST), figure(other, COST));
    let delivery = (cost - other_cost) / (readers - other_readers);
    measured.figure("other_readers", other_readers);
    measured.figure("other_cpu_us_per_publish", other_cost);
    measured.figure(DELIVERY_ALONE, delivery);
    measured.figure(PUBLISH_ALONE, cost - readers * delivery);
    measured.faults = measured.faults.and(other.faults);
    measured.generator_bound |= other.generator_bound;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run in which the server took 20 µs for a message and 7 for each delivery.
    fn run(readers: f64) -> Measured {
        let mut measured = Measured::default();
        measured.figure(READERS, readers);
        measured.figure(COST, 20.0 + 7.0 * readers);
        measured
    }

    #[test]
    fn a_message_and_its_deliveries_are_told_apart() {
        let mut many = run(10.0);
        tell(&Measured { generator_bound: true, ..run(1.0) }, &mut many);
        assert_eq!(many.figures[DELIVERY_ALONE], 7.0);
        assert_eq!(many.figures[PUBLISH_ALONE], 20.0);
        assert_eq!(many.figures[COST], 90.0, "what both cost together stays");
        assert!(many.generator_bound);
    }
}
