//! A counter of refusals by their code, without a lock and without an allocation.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use shared::protocol::ErrorCode;

/// Counts refusals by code. Clones share their counts.
#[derive(Debug, Clone)]
pub(super) struct Refusals(Arc<[AtomicU64]>);

impl Refusals {
    /// Creates a counter of zero for each code.
    pub(super) fn new() -> Self {
        Self(ErrorCode::ALL.iter().map(|_| AtomicU64::new(0)).collect())
    }

    /// Counts one refusal.
    pub(super) fn count(&self, code: ErrorCode) {
        // `ALL` has the codes in the order of their declaration. `Unknown` comes after them; a server does not send it.
        if let Some(count) = self.0.get(code as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl EncodeMetric for Refusals {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        for (code, count) in ErrorCode::ALL.iter().zip(&*self.0) {
            let labels = [("code", code.as_str())];
            let count = count.load(Ordering::Relaxed);
            encoder.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_a_code_is_its_number() {
        for (index, code) in ErrorCode::ALL.iter().enumerate() {
            assert_eq!(*code as usize, index, "{code:?}");
        }
    }
}
