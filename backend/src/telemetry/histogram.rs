//! A histogram without a lock, because several workers observe into the same one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Upper bounds of the buckets for durations, in microseconds: from a commit on a fast disk to one that fails.
const MICROSECONDS: &[u64] =
    &[50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000];

/// Upper bounds of the buckets for the number of publications in a batch. A batch has at most 384.
const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 384];

/// Microseconds per second.
const MICROS_PER_SECOND: f64 = 1e6;

/// Counts observations by size. Clones share their counts.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Buckets>);

#[derive(Debug)]
struct Buckets {
    bounds: &'static [u64],
    /// The value that is shown as 1.
    unit: f64,
    /// One for each bound, and one for values above all bounds.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// Creates a histogram of durations, which are shown in seconds.
    pub(super) fn of_seconds() -> Self {
        Self::new(MICROSECONDS, MICROS_PER_SECOND)
    }

    /// Creates a histogram of batch sizes.
    pub(super) fn of_sizes() -> Self {
        Self::new(SIZES, 1.0)
    }

    fn new(bounds: &'static [u64], unit: f64) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Buckets { bounds, unit, counts, sum: AtomicU64::new(0) }))
    }

    /// Counts a duration.
    pub fn observe_time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts a size.
    pub fn observe_size(&self, size: usize) {
        self.observe(size as u64);
    }

    fn observe(&self, value: u64) {
        let index = self.0.bounds.iter().position(|bound| value <= *bound).unwrap_or(self.0.bounds.len());
        if let Some(count) = self.0.counts.get(index) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum.fetch_add(value, Ordering::Relaxed);
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let Buckets { bounds, unit, counts, sum } = &*self.0;
        // The encoder shows `f64::MAX` as infinity.
        let bounds = bounds.iter().map(|bound| *bound as f64 / unit).chain([f64::MAX]);
        let buckets: Vec<_> =
            bounds.zip(&**counts).map(|(bound, count)| (bound, count.load(Ordering::Relaxed))).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = sum.load(Ordering::Relaxed) as f64 / unit;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
