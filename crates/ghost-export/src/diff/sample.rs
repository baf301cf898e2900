//! A comparison with everything the formats must cope with, and that of the article.

use ghost_analysis::diff::{
    CallChange, Comparison, Direction, FunctionChange, LatencyChange, Novelty, OneSided,
    RateChange, Tested,
};
use ghost_model::{FunctionId, FunctionKey, Session, SessionId, SessionState};

use super::DiffView;
use crate::sample::ODD_NAME;

/// A comparison that owns what a view borrows.
pub(super) struct Sample {
    before: Session,
    after: Session,
    pub(super) comparison: Comparison,
}

impl Sample {
    pub(super) fn new() -> Self {
        let mut first = change("process", 42);
        first.line_before = 40;
        first.latency = Some(latency(Direction::FasterWithSlowCalls, 4_000_000, 6_000_000));
        first.calls = CallChange { before: 1_000, after: 2_500, is_notable: true };
        first.callers.new = vec![(key("other", "main", 1), 1_500)];
        let mut second = change(ODD_NAME, 7);
        second.exceptions.new = vec![("KeyError".into(), 3)];
        second.signatures.gone = (0..7).map(|n| (format!("(T{n})"), 7 - n)).collect();
        second.exception_rate = Some(RateChange { before: (0, 40), after: (3, 41), p: 0.004 });
        let mut third = change("main", 9);
        third.latency = Some(LatencyChange {
            tested: None,
            ..latency(Direction::Slower, 100_000_000, 900_000_000)
        });
        Self::of(Comparison {
            added: vec![one("fresh", 3, 4), one("main", 30, 1)],
            removed: vec![OneSided { key: key("old", "main", 5), ..one("main", 5, 2) }],
            changed: vec![first, second, third],
            unchanged_count: 17,
            traffic_ratio: Some(2.5),
            ..Comparison::default()
        })
    }

    pub(super) fn article() -> Self {
        let mut process = change("process_order", 42);
        process.latency = Some(latency(Direction::Faster, 12_500_000, 4_200_000));
        let mut validate = change("validate_order", 18);
        validate.exception_rate = Some(RateChange { before: (60, 100), after: (8, 100), p: 1e-9 });
        let mut details = change("get_product_details", 87);
        details.latency = Some(latency(Direction::Faster, 45_000_000, 2_100_000));
        details.signatures.new = vec![("(int, str)".into(), 10)];
        let changed = vec![process, validate, details];
        Self::of(Comparison { changed, ..Comparison::default() })
    }

    fn of(comparison: Comparison) -> Self {
        let session = |second: u64, salt| Session {
            id: SessionId::new(second * 1_000_000_000, salt),
            script: "app.py".into(),
            name: None,
            note: None,
            kind: ghost_model::SessionKind::Started,
            pid: 42,
            start_unix_ns: second * 1_000_000_000,
            end_unix_ns: None,
            exit_code: Some(0),
            state: SessionState::Finished,
            process_count: 1,
            call_count: 1_503,
        };
        Self { before: session(1_763_630_000, 1), after: session(1_763_630_100, 2), comparison }
    }

    pub(super) fn view(&self) -> DiffView<'_> {
        DiffView { before: &self.before, after: &self.after, comparison: &self.comparison, top: 20 }
    }
}

fn key(module: &str, qualname: &str, line: u32) -> FunctionKey {
    FunctionKey { module: module.into(), qualname: qualname.into(), line }
}

fn change(qualname: &str, line: u32) -> FunctionChange {
    fn nothing<T>() -> Novelty<T> {
        Novelty { new: vec![], gone: vec![] }
    }
    FunctionChange {
        before: FunctionId(1),
        after: FunctionId(2),
        key: key("shop", qualname, line),
        file: "shop.py".into(),
        line_before: line,
        calls: CallChange { before: 100, after: 100, is_notable: false },
        latency: None,
        exception_rate: None,
        exceptions: nothing(),
        signatures: nothing(),
        returns: nothing(),
        callers: nothing(),
        weight: 0.25,
    }
}

fn latency(direction: Direction, before: u64, after: u64) -> LatencyChange {
    LatencyChange {
        mean_ns: (before, after),
        median_ns: (before, after),
        p95_ns: (before * 2, after * 2),
        ratio: 0.35,
        direction,
        tested: Some(Tested { effect: -0.98, p: 1e-12 }),
    }
}

fn one(qualname: &str, line: u32, calls: u64) -> OneSided {
    OneSided {
        id: FunctionId(3),
        key: key("shop", qualname, line),
        file: "shop.py".into(),
        call_count: calls,
        exception_count: calls / 2,
        latency_ns_mean: Some(1_500_000),
    }
}
