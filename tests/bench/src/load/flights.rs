//! Counts the messages in flight, so that a publisher can keep a number of them in flight.

/// The messages of all publishers that not all of their subscribers have received yet.
#[derive(Debug)]
pub struct Flights {
    /// Maximum number of messages in flight per publisher.
    window: u64,
    readers: u32,
    publishers: Vec<Publisher>,
    /// Number of missing deliveries of each message, by publisher and number modulo the window.
    missing: Vec<u32>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Publisher {
    sent: u64,
    done: u64,
}

impl Flights {
    /// Creates the counts of `publishers` publishers. Each message goes to `readers` readers. Each publisher has at
    /// most `window` messages in flight.
    pub fn new(publishers: usize, readers: u32, window: u32) -> Self {
        let window = u64::from(window.max(1));
        let missing = vec![0; publishers * window as usize];
        Self { window, readers, publishers: vec![Publisher::default(); publishers], missing }
    }

    /// Returns the number of the next message and counts it as sent, or `None` if the window is full.
    pub fn take_off(&mut self, publisher: usize) -> Option<u64> {
        let entry = &mut self.publishers[publisher];
        if entry.sent - entry.done >= self.window {
            return None;
        }
        let number = entry.sent;
        entry.sent += 1;
        let slot = self.slot(publisher, number);
        self.missing[slot] = self.readers;
        Some(number)
    }

    /// Records a delivery. Returns whether it was the last of its message.
    pub fn land(&mut self, publisher: usize, number: u64) -> bool {
        let Some(entry) = self.publishers.get(publisher) else { return false };
        if !(entry.done..entry.sent).contains(&number) {
            return false;
        }
        let slot = self.slot(publisher, number);
        let missing = &mut self.missing[slot];
        *missing = missing.saturating_sub(1);
        if *missing > 0 {
            return false;
        }
        // In order, the oldest message is complete first. Out of order, an incomplete older message keeps the window
        // full.
        while self.publishers[publisher].done < self.publishers[publisher].sent {
            let done = self.publishers[publisher].done;
            if self.missing[self.slot(publisher, done)] > 0 {
                break;
            }
            self.publishers[publisher].done += 1;
        }
        true
    }

    /// Returns the number of messages that a publisher has sent.
    pub fn sent(&self, publisher: usize) -> u64 {
        self.publishers[publisher].sent
    }

    /// Returns the number of messages that all publishers have sent.
    pub fn sent_by_all(&self) -> u64 {
        self.publishers.iter().map(|publisher| publisher.sent).sum()
    }

    /// Returns whether all subscribers have received all messages.
    pub fn all_landed(&self) -> bool {
        self.publishers.iter().all(|publisher| publisher.sent == publisher.done)
    }

    fn slot(&self, publisher: usize, number: u64) -> usize {
        publisher * self.window as usize + (number % self.window) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_kept() {
        let mut flights = Flights::new(2, 2, 2);
        assert_eq!([flights.take_off(0), flights.take_off(0), flights.take_off(0)], [Some(0), Some(1), None]);
        assert_eq!(flights.take_off(1), Some(0), "each publisher has a separate window");
        assert!(!flights.land(0, 0));
        assert_eq!(flights.take_off(0), None, "one of two readers has not received it");
        assert!(flights.land(0, 0));
        assert_eq!(flights.take_off(0), Some(2));
        assert!(!flights.land(0, 0), "it was complete already");
        assert!(!flights.all_landed());
    }
}
