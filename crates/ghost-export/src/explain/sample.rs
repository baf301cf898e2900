//! A function with everything the formats must cope with.

use ghost_analysis::explain::{
    Argument, ArgumentType, Bar, Caller, Excerpt, Facts, Latency, RaisedException,
};
use ghost_model::{FunctionKey, FunctionKind, Session, SessionId, SessionState};

use super::{ExplainView, Explanation};
use crate::sample::ODD_NAME;

const SOURCE: &str = "
def calculate_discount(price: int, quantity: int) -> int:
\tif quantity:  # `odd` \u{1b}[31m
\t    return int(price * quantity * 0.9)
";

/// What a view borrows.
pub(super) struct Sample {
    session: Session,
    facts: Facts,
    excerpt: Excerpt,
}

impl Sample {
    pub(super) fn new() -> Self {
        let facts = facts();
        let excerpt = Excerpt::new(SOURCE, &facts.key).unwrap();
        let session = Session {
            id: SessionId::new(1_763_630_000_000_000_000, 0xc3d),
            script: "app.py".into(),
            name: None,
            note: None,
            kind: ghost_model::SessionKind::Started,
            pid: 42,
            start_unix_ns: 1_763_630_000_000_000_000,
            end_unix_ns: None,
            exit_code: Some(0),
            state: SessionState::Finished,
            process_count: 1,
            call_count: 1_503,
        };
        Self { session, facts, excerpt }
    }

    pub(super) fn view(&self) -> ExplainView<'_> {
        ExplainView { session: &self.session, facts: &self.facts, excerpt: Some(&self.excerpt) }
    }

    pub(super) fn explanation() -> Explanation {
        Explanation {
            backend: "gemini",
            model: Some("some-model".into()),
            paragraphs: vec![
                "`calculate_discount` was called 8 times, mostly with whole numbers; three calls, all of them from `legacy_checkout`, pass a float.".into(),
                "- a list\n- of things".into(),
            ],
        }
    }
}

fn key(qualname: &str, line: u32) -> FunctionKey {
    FunctionKey { module: "shop".into(), qualname: qualname.into(), line }
}

fn facts() -> Facts {
    let counts = |counts: &[(&str, u64)]| {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>()
    };
    let held = |name: &str, count, callers: &[(&str, u64)]| ArgumentType {
        name: name.into(),
        count,
        callers: callers.iter().map(|(name, count)| (key(name, 60), *count)).collect(),
    };
    Facts {
        key: key("calculate_discount", 12),
        file: "src/shop.py".into(),
        kind: FunctionKind::Function,
        call_count: 8,
        call_count_se: 0,
        exception_count: 3,
        exceptions: vec![
            RaisedException {
                exception: "ValueError".into(),
                caught_by: Some(key(ODD_NAME, 60)),
                count: 2,
            },
            RaisedException { exception: "KeyError".into(), caught_by: None, count: 1 },
        ],
        handled: counts(&[("StopIteration", 4)]),
        latency: Some(latency()),
        running_ns: 8_000_000,
        self_ns: 2_000_000,
        arguments: vec![
            Argument {
                name: "price".into(),
                types: vec![
                    held("int", 5, &[("main", 5)]),
                    held("float", 3, &[("legacy_checkout", 3)]),
                ],
            },
            Argument {
                name: "quantity".into(),
                types: vec![held("int", 6, &[]), held(ODD_NAME, 2, &[])],
            },
        ],
        signatures: counts(&[("(int, int)", 5), ("(float, int)", 3)]),
        returns: counts(&[("int", 4), ("NoneType", 1)]),
        yields: vec![],
        callers: vec![
            Caller {
                key: key("main", 40),
                call_count: 5,
                signatures: counts(&[("(int, int)", 5)]),
                returns: counts(&[("int", 4)]),
            },
            Caller {
                key: key("legacy_checkout", 60),
                call_count: 3,
                signatures: counts(&[("(float, int)", 3)]),
                returns: vec![],
            },
        ],
        callers_are_sampled: false,
        callees: vec![(key("round_up", 5), 16)],
    }
}

fn latency() -> Latency {
    let bar = |from_ns, count| Bar { from_ns, to_ns: from_ns * 2, count };
    Latency {
        ended_count: 8,
        mean_ns: 6_340_000,
        min_ns: 100_000,
        max_ns: 50_000_000,
        p50_ns: 100_000,
        p90_ns: 49_600_000,
        p95_ns: 49_600_000,
        p99_ns: 50_000_000,
        bars: vec![bar(512, 7), bar(1_024, 0), bar(2_048, 1)],
    }
}
