//! Writes two sessions of 100,000 functions and 20,000 spans into a data folder, to measure what shows them.
//!
//! `cargo run --release -p ghost-store --features staging --example write_large_session -- FOLDER [FUNCTIONS]`
#![expect(clippy::print_stderr, reason = "a program for developers")]

use std::path::PathBuf;

use ghost_model::{
    Attribute, AttributeKey, AttributeValue, ExceptionCount, Function, FunctionId, FunctionKey,
    FunctionKind, Histogram, Process, ProcessState, Profile, Recording, SessionId, SessionState,
    Span, SpanId, SpanKind, TraceId, TypeId, TypeName, bucket_index,
};
use ghost_store::{DataDir, NewSession, SessionEnd, StagedProcess, StoreError, stage_session};

const START_UNIX_NS: u64 = 1_763_630_000_000_000_000;
const SECOND_NS: u64 = 1_000_000_000;
const FUNCTIONS: u64 = 100_000;
const REQUESTS: u64 = 5_000;

/// The same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }
}

fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "large".into()));
    let functions = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(FUNCTIONS);
    let data_dir = DataDir::new(folder);
    // Two, to be compared.
    for seed in [7, 8] {
        let id = SessionId::new(START_UNIX_NS + seed * SECOND_NS, 1);
        write(&data_dir, &id, functions, &mut Numbers(seed))?;
        eprintln!("session {id}: {functions} functions");
    }
    Ok(())
}

fn write(
    data_dir: &DataDir,
    id: &SessionId,
    functions: u64,
    numbers: &mut Numbers,
) -> Result<(), StoreError> {
    let new = NewSession {
        id: id.clone(),
        script: "large.py".into(),
        name: None,
        note: None,
        kind: ghost_model::SessionKind::Started,
        pid: 5_000_001,
        start_unix_ns: START_UNIX_NS,
    };
    let end_unix_ns = START_UNIX_NS + 900 * SECOND_NS;
    let process = Process {
        pid: 5_000_001,
        parent_pid: 1,
        start_unix_ns: START_UNIX_NS,
        end_unix_ns: Some(end_unix_ns),
        python_version: "3.13.0".into(),
        call_cost_ps: 81_500,
        state: ProcessState::Finished,
        ..Process::default()
    };
    let recording = recording(functions, numbers);
    let spans = (0..REQUESTS).flat_map(|place| request(place, numbers)).collect();
    let staged = StagedProcess { process, recording, spans, ..StagedProcess::default() };
    let end = SessionEnd { end_unix_ns, exit_code: Some(0), state: SessionState::Finished };
    stage_session(data_dir, new, vec![staged], end)
}

/// Every function is called by up to three that come before it.
fn recording(functions: u64, numbers: &mut Numbers) -> Recording {
    let mut recording = Recording::default();
    for name in ["int", "str", "float", "list", "dict", "ValueError", "KeyError", "OSError"] {
        recording.types.push(TypeName::new("builtins", name));
    }
    for number in 1..=functions {
        let module = format!("shop.part_{:03}.module_{:02}", number / 1000, number / 50 % 20);
        recording.functions.push(Function {
            file: format!("{}.py", module.replace('.', "/")),
            key: FunctionKey {
                module,
                qualname: format!("Class{}.method_{number}", number % 97),
                line: (number % 50 * 12 + 3) as u32,
            },
            parameters: "self,price,quantity".into(),
            kind: FunctionKind::Function,
        });
        recording.profiles.push(profile(number, numbers));
    }
    recording
}

fn profile(number: u64, numbers: &mut Numbers) -> Profile {
    let mut callers: Vec<(FunctionId, u64)> = Vec::new();
    for _ in 0..=numbers.below(3) {
        let caller = FunctionId(numbers.below(number) as u32);
        if callers.iter().all(|(other, _)| *other != caller) {
            let scale = numbers.below(14);
            callers.push((caller, 1 + numbers.below(1 << scale)));
        }
    }
    let calls = callers.iter().map(|(_, count)| count).sum();
    let raised = ExceptionCount {
        exception: TypeId(6 + numbers.below(3) as u32),
        caught_by: callers.first().map(|(caller, _)| *caller).filter(|_| number.is_multiple_of(2)),
        count: 1 + calls / 10,
    };
    let profile = Profile {
        args: vec![(vec![TypeId(1 + (number % 5) as u32), TypeId(1), TypeId(2)], calls)],
        returns: vec![(TypeId(1 + (number % 3) as u32), calls)],
        exceptions: if number.is_multiple_of(10) { vec![raised] } else { Vec::new() },
        callers,
        ..Profile::default()
    };
    timed(profile, calls, numbers)
}

fn timed(profile: Profile, calls: u64, numbers: &mut Numbers) -> Profile {
    let (mut latency, mut sum, mut least, mut most) = (Histogram::default(), 0, u64::MAX, 0);
    let mut left = calls;
    while left > 0 {
        let count = if left < 4 { left } else { left / 2 };
        let scale = 10 + numbers.below(14);
        let duration_ns = 500 + numbers.below(1 << scale);
        latency.add(bucket_index(duration_ns), count);
        sum += duration_ns * count;
        (least, most) = (least.min(duration_ns), most.max(duration_ns));
        left -= count;
    }
    Profile {
        latency,
        latency_ns_sum: sum,
        latency_ns_min: least,
        latency_ns_max: most,
        total_ns: sum,
        self_ns: sum / 3,
        running_ns: sum,
        ..profile
    }
}

/// A request with two queries and one call of another service.
fn request(place: u64, numbers: &mut Numbers) -> Vec<Span> {
    let text = |key, text: &str| (AttributeKey::Known(key), AttributeValue::Text(text.into()));
    let status = (AttributeKey::Known(Attribute::StatusCode), AttributeValue::Int(200));
    let request = Span {
        trace_id: TraceId(u128::from(place + 1) << 64 | 1),
        span_id: SpanId(1 + place * 10),
        start_unix_ns: START_UNIX_NS + place * 900 * SECOND_NS / REQUESTS,
        duration_ns: 1_000_000 + numbers.below(90_000_000),
        is_sampled: true,
        is_error: numbers.below(50) == 0,
        name: format!("/route_{}/{{id}}", numbers.below(400)),
        attributes: vec![
            text(Attribute::Method, "GET"),
            text(Attribute::Framework, "flask"),
            status,
        ],
        ..Span::default()
    };
    let mut spans: Vec<Span> = (1..=3)
        .map(|number| Span {
            kind: if number == 3 { SpanKind::Client } else { SpanKind::Query },
            span_id: SpanId(1 + place * 10 + number),
            parent_span_id: request.span_id,
            start_unix_ns: request.start_unix_ns + number * 100_000,
            duration_ns: 50_000,
            is_error: false,
            name: format!("SELECT column FROM table_{} WHERE id = ?", numbers.below(2000)),
            attributes: vec![text(Attribute::DbSystem, "sqlite")],
            ..request.clone()
        })
        .collect();
    spans.push(request);
    spans
}
