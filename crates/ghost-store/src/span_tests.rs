//! Spans from rings that a real writer wrote: exactly once, whatever happens in between.

use std::collections::HashMap;
use std::path::PathBuf;

use ghost_ledger::Identity;
use ghost_ledger::span_ring::{SpanRing, SpanRingReader};
use ghost_model::{
    Attribute, AttributeKey, AttributeValue, RouteTotals, SessionState, Span, SpanId, SpanKind,
    SpanLoss, StatementTotals, TraceId,
};
use ghost_spans::encoding;
use proptest::prelude::*;

use crate::liveness::running_start_ticks;
use crate::span_drain::{Drained, SpanDrain};
use crate::span_fold::KnownSpans;
use crate::stage::{DEAD_PID, Stage, end};
use crate::{SessionReader, recover};

fn ring_path(stage: &Stage, pid: u32, start: u64) -> PathBuf {
    stage.run_dir().join(format!("{pid}-{start:x}.spans"))
}

fn ring_of(stage: &Stage, pid: u32, capacity: u32) -> SpanRing {
    let ticks = if pid >= DEAD_PID { 77 } else { running_start_ticks(pid).unwrap() };
    let who = Identity { pid, kernel_start_ticks: ticks, ..Identity::default() };
    SpanRing::create(&ring_path(stage, pid, 0xab), &who, capacity, true).unwrap()
}

fn live_ring(stage: &Stage) -> SpanRing {
    ring_of(stage, std::process::id(), 1 << 20)
}

/// Each span differs from every other one, and one in three is a query.
fn span(number: u64) -> Span {
    let int = |attribute, number| (AttributeKey::Known(attribute), AttributeValue::Int(number));
    let is_query = number.is_multiple_of(3);
    Span {
        kind: if is_query { SpanKind::Query } else { SpanKind::Request },
        trace_id: TraceId(u128::from(number / 4 + 1)),
        span_id: SpanId(number + 1),
        parent_span_id: if is_query { SpanId(number) } else { SpanId::NONE },
        start_unix_ns: 1_763_630_000_000_000_000 + number,
        duration_ns: 1000 + number * 7,
        is_error: number.is_multiple_of(5),
        is_sampled: is_query || !number.is_multiple_of(7),
        name: if is_query { "SELECT ?".into() } else { format!("/r{}", number % 3) },
        // In the order of their names, in which they are read back.
        attributes: vec![int(Attribute::Rows, number as i64), int(Attribute::StatusCode, 200)],
    }
}

fn push(ring: &mut SpanRing, numbers: std::ops::Range<u64>) {
    for number in numbers {
        assert!(ring.push(&encoding::encode(&span(number))));
    }
}

fn totals(reader: &SessionReader) -> (HashMap<String, RouteTotals>, StatementTotals) {
    let routes = reader.routes().unwrap().into_iter().map(|(key, totals)| (key.route, totals));
    let statements = reader.statements().unwrap();
    assert!(statements.len() <= 1);
    let statement = statements.into_iter().next().map(|(_, totals)| totals);
    (routes.collect(), statement.unwrap_or_default())
}

fn expected(count: u64) -> (HashMap<String, RouteTotals>, StatementTotals) {
    let (mut routes, mut statement) =
        (HashMap::<String, RouteTotals>::new(), StatementTotals::default());
    for span in (0..count).map(span) {
        match span.kind {
            SpanKind::Query => statement.add(&span),
            _ => routes.entry(span.name.clone()).or_default().add(&span),
        }
    }
    (routes, statement)
}

/// What can happen to a session that has a ring.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The program makes spans.
    Make(u64),
    /// `ghost run` stores them.
    Drain,
    Collect,
    /// `ghost run` is killed after it had read them, and another `ghost` goes on.
    KilledBeforeStoring,
    /// It is killed at any other time.
    Killed,
    /// Ledgers are folded in between.
    Fold,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1..40_u64).prop_map(Step::Make),
        3 => Just(Step::Drain),
        1 => Just(Step::KilledBeforeStoring),
        1 => Just(Step::Killed),
        1 => Just(Step::Collect),
        1 => Just(Step::Fold),
    ];
    prop::collection::vec(step, 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_span_is_counted_exactly_once(steps in steps(), spans_max in 0..60_u64) {
        let stage = Stage::new(&format!("spans_max={spans_max}\n"));
        let mut ring = live_ring(&stage);
        let mut writer = Some(stage.writer());
        let run_dir = stage.run_dir();
        let mut made = 0;
        for step in steps {
            let current = writer.get_or_insert_with(|| stage.reopened());
            match step {
                Step::Make(count) => {
                    push(&mut ring, made..made + count);
                    made += count;
                }
                Step::Drain => drop(current.drain_spans(&run_dir, &mut |_, _| {}).unwrap()),
                Step::Collect => {
                    drop(current.collect_spans(&run_dir, &mut |_, _| {}).unwrap());
                }
                Step::Fold => drop(current.fold(&run_dir).unwrap()),
                Step::KilledBeforeStoring => {
                    let mut drain = SpanDrain::default();
                    let conn = rusqlite::Connection::open(stage.path()).unwrap();
                    let known = KnownSpans::load(&conn).unwrap();
                    drain
                        .read(&run_dir, &known, &mut |_, _| {}, &mut Drained::default())
                        .unwrap();
                    writer = None;
                }
                Step::Killed => writer = None,
            }
        }
        let current = writer.get_or_insert_with(|| stage.reopened());
        current.drain_spans(&run_dir, &mut |_, _| {}).unwrap();
        let reader = stage.reader();
        prop_assert_eq!(totals(&reader), expected(made));
        let counts = reader.span_counts().unwrap();
        let sampled: Vec<Span> = (0..made).map(span).filter(|span| span.is_sampled).collect();
        prop_assert_eq!(counts.received_count, made);
        prop_assert_eq!(counts.unsampled_count, made - sampled.len() as u64);
        prop_assert_eq!(counts.losses, vec![]);
        let kept = reader.spans().unwrap();
        prop_assert_eq!(counts.kept_count, kept.len() as u64);
        prop_assert_eq!(kept.len() as u64, spans_max.min(sampled.len() as u64));
        prop_assert_eq!(&kept[..], &sampled[sampled.len() - kept.len()..]);
    }

    #[test]
    fn what_a_ring_overwrote_is_counted(batches in prop::collection::vec(1..60_u64, 1..8)) {
        let stage = Stage::new("");
        let mut ring = ring_of(&stage, std::process::id(), 4096);
        let mut writer = stage.writer();
        let (mut made, mut told) = (0, 0);
        for count in batches {
            push(&mut ring, made..made + count);
            made += count;
            let drained = writer.drain_spans(&stage.run_dir(), &mut |_, _| {}).unwrap();
            told += drained.lost.iter().map(|(_, count)| count).sum::<u64>();
        }
        let counts = stage.reader().span_counts().unwrap();
        prop_assert_eq!(told, counts.lost_count());
        prop_assert_eq!(counts.received_count + counts.lost_count(), made);
        let fate = ring.fate();
        prop_assert_eq!(fate.read, counts.received_count);
        prop_assert!(ring.is_drained());
    }
}

#[test]
fn the_ring_of_a_dead_process_goes_when_it_is_empty_and_that_of_a_living_one_stays() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    push(&mut ring_of(&stage, DEAD_PID, 1 << 16), 0..5);
    let mut alive = live_ring(&stage);
    push(&mut alive, 5..9);
    let mut heard = Vec::new();
    let drained = writer.drain_spans(&stage.run_dir(), &mut |process, spans| {
        heard.push((process.pid, spans.len()));
    });
    assert_eq!((drained.as_ref().unwrap().span_count, drained.unwrap().ring_count), (9, 2));
    // In the order of their names, which begin with the process id as text.
    heard.sort_by_key(|(_, span_count)| *span_count);
    assert_eq!(heard, [(std::process::id(), 4), (DEAD_PID, 5)]);
    assert!(!ring_path(&stage, DEAD_PID, 0xab).exists());
    assert!(ring_path(&stage, std::process::id(), 0xab).exists() && alive.is_drained());
    assert_eq!(
        stage.reader().spans().unwrap().len(),
        (0..9).filter(|n| span(*n).is_sampled).count()
    );
}

#[test]
fn every_ring_is_read_even_where_memory_has_no_room_for_all_at_once() {
    let stage = Stage::new("spans_max=50\n");
    let mut writer = stage.writer();
    let pids = DEAD_PID..DEAD_PID + 7;
    pids.clone().for_each(|pid| push(&mut ring_of(&stage, pid, 1 << 16), 0..90));
    let mut heard = 0;
    let drained =
        writer.drain_spans(&stage.run_dir(), &mut |_, spans| heard += spans.len()).unwrap();
    assert_eq!((drained.span_count, heard), (630, 630));
    let counts = stage.reader().span_counts().unwrap();
    assert_eq!((counts.received_count, counts.kept_count), (630, 50));
    assert!(pids.into_iter().all(|pid| !ring_path(&stage, pid, 0xab).exists()));
}

#[test]
fn rings_of_a_killed_run_are_recovered_and_its_folder_goes() {
    let mut stage = Stage::new("");
    drop(stage.writer());
    push(&mut ring_of(&stage, DEAD_PID, 1 << 16), 0..30);
    stage.folder = None;
    recover(&stage.data_dir).unwrap();
    assert_eq!(totals(&stage.reader()), expected(30));
    assert_eq!(stage.reader().session().state, SessionState::Killed);
    assert!(!stage.run_dir().exists());
    recover(&stage.data_dir).unwrap();
    assert_eq!(stage.reader().span_counts().unwrap().received_count, 30);
}

#[test]
fn a_file_that_is_no_ring_is_set_aside_and_one_being_begun_is_waited_for() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let path = ring_path(&stage, DEAD_PID, 1);
    std::fs::write(&path, vec![0; 8192]).unwrap();
    let drained = writer.drain_spans(&stage.run_dir(), &mut |_, _| {}).unwrap();
    assert!(drained.broken.is_empty() && path.exists());
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let drained = writer.drain_spans(&stage.run_dir(), &mut |_, _| {}).unwrap();
    assert_eq!(drained.broken.len(), 1);
    assert!(!path.exists());
    writer.finish(end(SessionState::Finished)).unwrap();
}

#[test]
fn refused_records_are_counted_by_reason_without_counting_twice() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let ring = live_ring(&stage);
    for _ in 0..2 {
        ring.refuse(SpanLoss::SampledOut, 3);
        ring.refuse(SpanLoss::HeldTooMany, 1);
        let drained = writer.drain_spans(&stage.run_dir(), &mut |_, _| {}).unwrap();
        assert_eq!(drained.lost, [(SpanLoss::SampledOut, 3), (SpanLoss::HeldTooMany, 1)]);
    }
    let counts = stage.reader().span_counts().unwrap();
    assert_eq!(counts.losses, [(SpanLoss::SampledOut, 6), (SpanLoss::HeldTooMany, 2)]);
    assert_eq!(counts.lost_count(), 2);
    assert_eq!(
        SpanRingReader::open(&ring_path(&stage, std::process::id(), 0xab))
            .unwrap()
            .records_written()
            .unwrap(),
        0
    );
}

#[test]
fn routes_beyond_the_bound_are_counted_as_one() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let mut ring = ring_of(&stage, std::process::id(), 1 << 24);
    for number in 0..10_050 {
        let span = Span { name: format!("/made-up/{number}"), ..span(1) };
        assert!(ring.push(&encoding::encode(&span)));
    }
    writer.drain_spans(&stage.run_dir(), &mut |_, _| {}).unwrap();
    let routes = stage.reader().routes().unwrap();
    assert_eq!(routes.len(), 10_001);
    let beyond = routes.iter().find(|(key, _)| key.route == ghost_model::BEYOND);
    assert_eq!(beyond.map(|(_, totals)| totals.request_count), Some(50));
}
