//! A histogram without a lock, because several workers observe into the same one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Exponents of the first and the last bound for durations, to the base 2 and in microseconds: 64 µs to 8.4 s, from a commit on a
/// fast disk to one that nearly fails.
const TIMES: (u32, u32) = (6, 23);

/// Exponents of the first and the last bound for the number of publications in a batch: 1 to 512. A batch has at most 384.
const SIZES: (u32, u32) = (0, 9);

/// Microseconds per second.
const MICROS_PER_SECOND: f64 = 1e6;

/// Counts observations by size. Clones share their counts.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Buckets>);

/// The bounds are powers of two, so that finding a bucket costs a few instructions.
#[derive(Debug)]
struct Buckets {
    /// Exponent of the first bound.
    first: u32,
    /// The value that is shown as 1.
    unit: f64,
    /// One for each bound, and one for values above all bounds.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// Creates a histogram of durations, which are shown in seconds.
    pub(super) fn of_seconds() -> Self {
        Self::new(TIMES, MICROS_PER_SECOND)
    }

    /// Creates a histogram of batch sizes.
    pub(super) fn of_sizes() -> Self {
        Self::new(SIZES, 1.0)
    }

    fn new((first, last): (u32, u32), unit: f64) -> Self {
        let counts = (first..=last + 1).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Buckets { first, unit, counts, sum: AtomicU64::new(0) }))
    }

    /// Counts a duration.
    pub(crate) fn observe_time(&self, time: Duration) {
        let micros = u64::from(time.subsec_micros());
        self.observe(time.as_secs().saturating_mul(1_000_000).saturating_add(micros));
    }

    /// Counts a size.
    pub(crate) fn observe_size(&self, size: usize) {
        self.observe(size as u64);
    }

    fn observe(&self, value: u64) {
        let Buckets { first, counts, sum, .. } = &*self.0;
        // The exponent of the least power of two that is not below the value.
        let exponent = u64::BITS - value.saturating_sub(1).leading_zeros();
        let index = exponent.saturating_sub(*first) as usize;
        if let Some(count) = counts.get(index).or(counts.last()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        sum.fetch_add(value, Ordering::Relaxed);
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let Buckets { first, unit, counts, sum } = &*self.0;
        let bounds = (*first..).map(|exponent| 2_f64.powf(f64::from(exponent)) / unit);
        let counts = counts.iter().map(|count| count.load(Ordering::Relaxed));
        let mut buckets: Vec<_> = bounds.zip(counts).collect();
        if let Some((bound, _)) = buckets.last_mut() {
            // The encoder shows it as infinity.
            *bound = f64::MAX;
        }
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = sum.load(Ordering::Relaxed) as f64 / unit;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_the_bucket_of_the_least_bound_that_is_not_below_it() {
        for (value, index) in
            [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (512, 9), (513, 10), (u64::MAX, 10)]
        {
            let histogram = Histogram::of_sizes();
            histogram.observe(value);
            let counts: Vec<_> =
                histogram.0.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
            assert_eq!(counts.iter().position(|count| *count == 1), Some(index), "{value}: {counts:?}");
        }
    }
}
