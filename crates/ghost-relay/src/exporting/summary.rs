//! What became of all spans, at the end.

use std::fmt;

use ghost_model::{SpanLoss, counted};

use crate::lane::LaneCounts;

/// One line for each exporter that takes single spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// In the order of the settings.
    pub exporters: Vec<ExporterSummary>,
}

/// What became of the spans that one exporter was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExporterSummary {
    /// What it is called.
    pub name: String,
    /// Spans it was given.
    pub offered: u64,
    /// Spans that arrived.
    pub exported: u64,
    /// Spans that did not, by reason.
    pub lost: Vec<(SpanLoss, u64)>,
}

impl ExporterSummary {
    pub(super) fn new(name: String, counts: &LaneCounts) -> Self {
        let (offered, exported, lost) = (counts.offered, counts.exported, counts.lost());
        Self { name, offered, exported, lost }
    }

    /// Spans that did not arrive.
    pub fn lost_count(&self) -> u64 {
        self.lost.iter().map(|(_, count)| count).sum()
    }
}

/// ``exporter `otlp`: 3 of 10 spans did not arrive (2 dropped_oldest, 1 closed)``
impl fmt::Display for ExporterSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = ghost_model::thousands(self.lost_count());
        let all = counted(self.offered, "span", "spans");
        write!(f, "exporter `{}`: {lost} of {all} did not arrive", self.name)?;
        let reasons = self
            .lost
            .iter()
            .map(|(why, count)| format!("{} {}", ghost_model::thousands(*count), why.as_str()));
        let reasons: Vec<String> = reasons.collect();
        if reasons.is_empty() { Ok(()) } else { write!(f, " ({})", reasons.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_many_and_why() {
        let lost = vec![(SpanLoss::DroppedOldest, 2_000), (SpanLoss::Closed, 1)];
        let summary =
            ExporterSummary { name: "otlp".into(), offered: 5_000, exported: 2_999, lost };
        let line = "exporter `otlp`: 2,001 of 5,000 spans did not arrive \
                    (2,000 dropped_oldest, 1 closed)";
        assert_eq!(summary.to_string(), line);
    }
}
