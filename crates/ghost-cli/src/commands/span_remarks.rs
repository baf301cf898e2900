//! What `requests`, `queries` and `trace` share: why there is nothing to show, how statements are
//! written, and what is said of spans that did not arrive or are not kept.

use ghost_model::{SessionId, SpanLoss};
use ghost_store::SpanCounts;

use crate::output::number::{counted, thousands};
use crate::output::talk;

/// Characters of a statement on a line; JSON has all of it.
const STATEMENT_LENGTH_MAX: usize = 120;

/// A session in which there is nothing of what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("no {what} in session `{session}`")]
pub(crate) struct NothingRecorded {
    what: &'static str,
    hint: &'static str,
    session: SessionId,
}

impl NothingRecorded {
    pub(super) fn requests(session: SessionId) -> Self {
        let hint = "requests are recorded where a program run by `ghost run` without `--no-web` \
                    serves them with Flask, FastAPI, Starlette, Django or Sanic, or sends them";
        Self { what: "requests", hint, session }
    }

    pub(super) fn queries(session: SessionId) -> Self {
        let hint = "queries are recorded where a program run by `ghost run` without `--no-db` \
                    sends them through a database driver we know";
        Self { what: "queries", hint, session }
    }

    pub(super) fn traces(session: SessionId) -> Self {
        let hint = "`ghost requests` and `ghost queries` tell what was recorded; \
                    `ghost run --spans-max` how many spans are kept";
        Self { what: "kept traces", hint, session }
    }

    /// The way out.
    pub(crate) fn hint(&self) -> &'static str {
        self.hint
    }
}

/// A statement on one line, its middle left out where it is long.
pub(super) fn statement_text(statement: &str) -> String {
    let words: Vec<&str> = statement.split_whitespace().collect();
    let line = words.join(" ");
    let length = line.chars().count();
    if length <= STATEMENT_LENGTH_MAX {
        return line;
    }
    let half = STATEMENT_LENGTH_MAX / 2;
    let head: String = line.chars().take(half).collect();
    let tail: String = line.chars().skip(length - half + 1).collect();
    format!("{head}…{tail}")
}

/// Says what the numbers do not include.
pub(super) fn say(counts: &SpanCounts) {
    for line in lost(counts).iter().chain(&sampled_out(counts)).chain(&trimmed(counts)) {
        talk::say(line);
    }
}

/// Spans that should be there and are not: ``12 spans did not arrive: 10 overwritten, 2 too_large``.
pub(super) fn lost(counts: &SpanCounts) -> Option<String> {
    let lost = counts.losses.iter().filter(|(loss, _)| *loss != SpanLoss::SampledOut);
    let reasons: Vec<String> =
        lost.map(|(loss, count)| format!("{} {}", thousands(*count), loss.as_str())).collect();
    let count = counted(counts.lost_count(), "span", "spans");
    (!reasons.is_empty()).then(|| format!("{count} did not arrive: {}", reasons.join(", ")))
}

fn sampled_out(counts: &SpanCounts) -> Option<String> {
    let spans = counted(counts.unsampled_count, "span", "spans");
    (counts.unsampled_count > 0).then(|| {
        format!(
            "{spans} of traces that were not sampled are in totals, not in traces and functions"
        )
    })
}

fn trimmed(counts: &SpanCounts) -> Option<String> {
    let gone = counted(counts.trimmed_count(), "older span", "older spans");
    let kept = thousands(counts.kept_count);
    (counts.trimmed_count() > 0).then(|| {
        format!("{gone} gave way to the newest {kept}, of which traces and functions are; totals are of all")
    })
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

    #[test]
    fn what_gave_way_is_told() {
        let mut counts = SpanCounts { received_count: 30, kept_count: 20, ..SpanCounts::default() };
        assert!(trimmed(&counts).is_some_and(|line| line.starts_with("10 older spans")));
        counts.unsampled_count = 10;
        assert_eq!(trimmed(&counts), None);
        assert!(sampled_out(&counts).is_some_and(|line| line.starts_with("10 spans of traces")));
    }

    #[test]
    fn a_statement_is_one_line_with_both_ends() {
        assert_eq!(statement_text("SELECT ?\n   FROM  t"), "SELECT ? FROM t");
        let long = format!("SELECT {} WHERE id = ?", "column, ".repeat(40));
        let text = statement_text(&long);
        assert_eq!(text.chars().count(), STATEMENT_LENGTH_MAX);
        assert!(text.starts_with("SELECT column") && text.ends_with("WHERE id = ?"));
    }
}
