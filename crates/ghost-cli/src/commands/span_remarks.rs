//! What is said beside requests, queries and traces: spans that did not arrive or are not kept.

use ghost_model::SpanLoss;
use ghost_store::SpanCounts;

use crate::output::number::{counted, thousands};

/// Spans that should be there and are not: ``12 spans did not arrive: 10 overwritten, 2 too_large``.
pub(super) fn lost(spans: &SpanCounts) -> Option<String> {
    let lost = spans.losses.iter().filter(|(loss, _)| *loss != SpanLoss::SampledOut);
    let reasons: Vec<String> =
        lost.map(|(loss, count)| format!("{} {}", thousands(*count), loss.as_str())).collect();
    let count = counted(spans.lost_count(), "span", "spans");
    (!reasons.is_empty()).then(|| format!("{count} did not arrive: {}", reasons.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_spans_are_told_by_reason() {
        let losses = vec![
            (SpanLoss::Overwritten, 1_000),
            (SpanLoss::SampledOut, 7),
            (SpanLoss::TooLarge, 2),
        ];
        let mut counts = SpanCounts { losses, ..SpanCounts::default() };
        let expected = "1,002 spans did not arrive: 1,000 overwritten, 2 too_large";
        assert_eq!(lost(&counts).as_deref(), Some(expected));
        counts.losses.retain(|(loss, _)| *loss == SpanLoss::SampledOut);
        assert_eq!(lost(&counts), None);
    }
}
