//! Keeps the messages of one connection in order when one of them is refused with a retryable error.
//!
//! A client sends further messages before earlier ones are acknowledged. If one of those is refused because the disk is full or
//! the client exceeds its rate, the messages behind it must not be accepted: they would overtake it. Each such refusal begins a
//! new turn and carries its number. A message names the newest turn that its sender knows. A message that was sent before its
//! sender knew of a refusal is refused too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use shared::protocol::{ErrorCode, Refusal};

/// The turns of one connection. Its worker can refuse messages, and so can the sequencers: the log thread and those of the
/// channels without history.
#[derive(Debug, Default)]
pub struct Turns {
    /// The newest turn.
    last: AtomicU64,
    /// The newest turn that a sequencer began. A message that the worker refuses was never queued, so its turn does not make
    /// messages late that were queued before it.
    last_of_order: AtomicU64,
    /// The tokens of messages that were queued and then refused with `out_of_turn`, until the connection refunds them.
    late_tokens: AtomicU32,
}

impl Turns {
    /// Admits a message to the queue if its sender knows of all turns. `known` is the newest turn that the sender knows of;
    /// `tokens` is the cost of the message in tokens of the message rate.
    ///
    /// # Errors
    /// A [`Refusal`] with `out_of_turn` if a later turn has begun.
    pub fn enter(self: &Arc<Self>, known: u64, tokens: u32) -> Result<Turn, Refusal> {
        let turn = Turn { number: self.last.load(Ordering::SeqCst), tokens, turns: Arc::clone(self) };
        if known < turn.number { Err(out_of_turn()) } else { Ok(turn) }
    }

    /// Begins a turn for a message that is refused before it is queued. A refusal that is not retryable begins none, because the
    /// client does not send that message again.
    pub fn refuse(&self, refusal: Refusal) -> Refusal {
        if refusal.retry_after_ms.is_none() {
            return refusal;
        }
        Refusal { turn: Some(self.last.fetch_add(1, Ordering::SeqCst) + 1), ..refusal }
    }

    /// Removes and returns the tokens of the messages that [`Turn::check`] has refused.
    pub(crate) fn take_late_tokens(&self) -> u32 {
        self.late_tokens.swap(0, Ordering::Relaxed)
    }
}

/// The turn in which a message was queued.
#[derive(Debug)]
pub struct Turn {
    number: u64,
    tokens: u32,
    turns: Arc<Turns>,
}

impl Turn {
    /// Checks that the message may get an offset.
    ///
    /// # Errors
    /// A [`Refusal`] with `out_of_turn` if a sequencer has refused an earlier message since this one was queued.
    pub fn check(&self) -> Result<(), Refusal> {
        let late = self.number < self.turns.last_of_order.load(Ordering::SeqCst);
        if late {
            self.turns.late_tokens.fetch_add(self.tokens, Ordering::Relaxed);
            return Err(out_of_turn());
        }
        Ok(())
    }

    /// Begins a turn for the message, which is refused and gets no offset.
    pub fn refuse(&self, refusal: Refusal) -> Refusal {
        let refusal = self.turns.refuse(refusal);
        if let Some(turn) = refusal.turn {
            self.turns.last_of_order.fetch_max(turn, Ordering::SeqCst);
        }
        refusal
    }
}

fn out_of_turn() -> Refusal {
    Refusal::for_now(ErrorCode::OutOfTurn, "A message before this one was refused.", Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Refusal {
        Refusal::for_now(ErrorCode::StorageFailed, "Full.", Duration::from_secs(2))
    }

    #[test]
    fn a_message_sent_behind_a_refused_one_does_not_overtake_it() {
        let turns = Arc::<Turns>::default();
        let (first, second) = (turns.enter(0, 1).unwrap(), turns.enter(0, 1).unwrap());
        assert_eq!(first.check(), Ok(()));
        assert_eq!(first.refuse(full()).turn, Some(1));
        let late = second.check().unwrap_err();
        assert_eq!(late.code, ErrorCode::OutOfTurn);
        assert_eq!(
            second.refuse(late).turn,
            Some(2),
            "a sender that knows only the first refusal is late too"
        );
        assert!(turns.enter(0, 1).is_err() && turns.enter(1, 1).is_err());
        assert_eq!(turns.enter(2, 1).unwrap().check(), Ok(()));
    }

    #[test]
    fn a_message_queued_before_a_refused_one_is_not_late() {
        let turns = Arc::<Turns>::default();
        let queued = turns.enter(0, 1).unwrap();
        assert_eq!(turns.refuse(full()).turn, Some(1));
        assert_eq!(queued.check(), Ok(()));
    }

    #[test]
    fn a_refusal_without_retry_begins_no_turn() {
        let turns = Arc::<Turns>::default();
        assert_eq!(turns.refuse(Refusal::new(ErrorCode::Forbidden, "No.")).turn, None);
        assert!(turns.enter(0, 1).is_ok());
    }

    #[test]
    fn the_tokens_of_queued_messages_refused_out_of_turn_are_refunded_once() {
        let turns = Arc::<Turns>::default();
        let queued = [1, 2, 16].map(|tokens| turns.enter(0, tokens).unwrap());
        queued[0].refuse(full());
        assert_eq!(turns.take_late_tokens(), 0, "the first was not late");
        assert!(queued[1..].iter().all(|turn| turn.check().is_err()));
        assert_eq!((turns.take_late_tokens(), turns.take_late_tokens()), (18, 0));
    }
}
