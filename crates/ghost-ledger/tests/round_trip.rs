//! What the writer puts down, the reader finds: whole, after growth, and after a fork.
#![cfg(not(miri))] // Maps files.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

use std::path::{Path, PathBuf};

use ghost_ledger::layout::CellKind;
use ghost_ledger::{ActivationEntry, Counter, Identity, Ledger, LedgerSnapshot, read_ledger};
use ghost_model::{FunctionId, FunctionKind, Outcome, ProcessState, TypeId, bucket_index};

const WHO: Identity = Identity {
    pid: 42,
    parent_pid: 7,
    kernel_start_ticks: 99,
    pid_namespace: 11,
    python_hexversion: 0x030d_00f0,
};

struct Fixture {
    folder: tempfile::TempDir,
    ledger: Ledger,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::create(&folder.path().join("1.ledger"), &WHO, 4).unwrap();
        let [empty, overflow, root] =
            ["", "…", "<root>"].map(|text| ledger.add_text(text).unwrap());
        assert_eq!(ledger.add_type(empty, overflow, &[]), Some(0));
        let names = [empty, root, empty, empty];
        assert_eq!(ledger.add_function(names, 0, FunctionKind::External).unwrap().0, 0);
        Self { folder, ledger }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn add_function(&mut self, name: &str) -> u32 {
        let names = ["app", name, "app.py", "n"].map(|text| self.ledger.add_text(text).unwrap());
        self.ledger.add_function(names, 3, FunctionKind::Function).unwrap().0
    }
}

fn read(path: &Path) -> LedgerSnapshot {
    read_ledger(path).unwrap()
}

#[test]
fn every_record_is_read_back() {
    let mut fixture = Fixture::new();
    let names = ["app", "fib", "app.py", "n"].map(|text| fixture.ledger.add_text(text).unwrap());
    let (id, slots) = fixture.ledger.add_function(names, 3, FunctionKind::Function).unwrap();
    let int = ["builtins", "int"].map(|text| fixture.ledger.add_text(text).unwrap());
    let int = fixture.ledger.add_type(int[0], int[1], &[int[1]]).unwrap();
    let signature = fixture.ledger.add_signature(&[int]).unwrap();
    let mut cell = |kind, key, second| fixture.ledger.add_cell(kind, id, key, second).unwrap();
    cell(CellKind::ArgsByCaller, signature, 0).add(4);
    cell(CellKind::ArgsByCaller, signature, id).add(1);
    cell(CellKind::ReturnsByCaller, int, 0).add(3);
    cell(CellKind::Exception, int, id + 1).add(2);
    cell(CellKind::BucketWraps, 80, 0).add(1);
    slots.add_latency(1000, 1);
    slots.add_self(400);
    slots.add_total(1000);
    let bucket = bucket_index(1000);
    assert!(!fixture.ledger.add_histogram(id, bucket / 32 * 32).unwrap().add(bucket, 1));
    fixture.ledger.counter(Counter::EndsMissed).add(9);
    fixture.ledger.close();

    let snapshot = read(&fixture.path("1.ledger"));
    assert_eq!((snapshot.process.pid, snapshot.process.pid_namespace), (42, 11));
    assert_eq!(snapshot.process.python_version, "3.13.0");
    assert_eq!(snapshot.process.state, ProcessState::Finished);
    assert_eq!(snapshot.process.counters, [(Counter::EndsMissed, 9)]);
    let function = snapshot.recording.function(FunctionId(id));
    assert_eq!(function.key.to_string(), "app:fib:3");
    let profile = &snapshot.recording.profiles[id as usize];
    assert_eq!(profile.call_count(), 5);
    assert_eq!(profile.returns, [(TypeId(int), 3)]);
    assert_eq!(profile.exceptions[0].caught_by, Some(FunctionId(id)));
    assert_eq!(profile.callers, [(FunctionId::ROOT, 4), (FunctionId(id), 1)]);
    let signature = vec![TypeId(int)];
    let expected = [((FunctionId::ROOT, signature.clone()), 4), ((FunctionId(id), signature), 1)];
    assert_eq!(profile.args_by_caller, expected);
    assert_eq!(profile.returns_by_caller, [((FunctionId::ROOT, TypeId(int)), 3)]);
    assert_eq!(profile.latency.buckets().collect::<Vec<_>>(), [(bucket, 1), (80, 1 << 32)]);
    assert_eq!((profile.latency_ns_min, profile.latency_ns_max), (1000, 1000));
    assert_eq!((profile.total_ns, profile.self_ns, profile.running_ns), (1000, 400, 1000));
}

/// Calls and own time of every node, and the number of its parent.
fn nodes(snapshot: &LedgerSnapshot) -> Vec<(u32, u32, u64, u64)> {
    let nodes = snapshot.call_tree.nodes().iter();
    nodes.map(|node| (node.parent, node.function.0, node.call_count, node.self_ns)).collect()
}

#[test]
fn nodes_of_the_call_tree_are_read_back_and_begin_anew_in_a_child() {
    let mut fixture = Fixture::new();
    let function = fixture.add_function("f");
    assert_eq!(fixture.ledger.add_node(0, 0).unwrap().0, 0);
    let (above, slots) = fixture.ledger.add_node(0, function).unwrap();
    slots.add_calls(2);
    slots.add_self(30);
    let (_, below) = fixture.ledger.add_node(above, function).unwrap();
    below.add_calls(5);
    let path = fixture.path("2.ledger");
    fixture.ledger.begin_child(&path, &WHO).unwrap();
    below.add_calls(1);
    let parent = nodes(&read(&fixture.path("1.ledger")));
    assert_eq!(parent, [(0, 0, 0, 0), (0, function, 2, 30), (above, function, 5, 0)]);
    let child = nodes(&read(&path));
    assert_eq!(child, [(0, 0, 0, 0), (0, function, 0, 0), (above, function, 1, 0)]);
}

#[test]
fn the_ring_keeps_the_newest() {
    let mut fixture = Fixture::new();
    let function = fixture.add_function("f");
    let signature = fixture.ledger.add_signature(&[]).unwrap();
    for latency_ns in 1..=6 {
        fixture.ledger.add_activation(&ActivationEntry {
            start_unix_ns: 1_000,
            latency_ns,
            function,
            caller: 0,
            signature,
            outcome_type: 0,
            raised: latency_ns == 6,
            span_id: latency_ns - 1,
        });
    }
    let activations = read(&fixture.path("1.ledger")).activations;
    let latencies: Vec<_> =
        activations.iter().map(|a| (a.sequence, a.latency_ns, a.span_id.0)).collect();
    assert_eq!(latencies, [(3, 3, 2), (4, 4, 3), (5, 5, 4), (6, 6, 5)]);
    assert_eq!(activations[3].outcome, Outcome::Raised(TypeId::OVERFLOW));
}

#[test]
fn growing_moves_nothing() {
    let mut fixture = Fixture::new();
    let first = fixture.add_function("first");
    let signature = fixture.ledger.add_signature(&[]).unwrap();
    let early = fixture.ledger.add_cell(CellKind::Args, first, signature, 0).unwrap();
    for number in 0..20_000 {
        let id = fixture.add_function(&format!("f{number}"));
        fixture.ledger.add_cell(CellKind::Args, id, signature, 0).unwrap().add(1);
    }
    early.add(77);
    let recording = read(&fixture.path("1.ledger")).recording;
    assert_eq!(recording.functions.len(), 20_002);
    assert_eq!(recording.profiles[first as usize].call_count(), 77);
    assert!(recording.profiles[2..].iter().all(|profile| profile.call_count() == 1));
}

#[test]
fn a_child_starts_from_zero_and_leaves_its_parents_file_alone() {
    let mut fixture = Fixture::new();
    let function = fixture.add_function("f");
    let signature = fixture.ledger.add_signature(&[]).unwrap();
    let calls = fixture.ledger.add_cell(CellKind::Args, function, signature, 0).unwrap();
    calls.add(1000);
    let child = Identity { pid: 43, parent_pid: 42, ..WHO };
    let path = fixture.path("2.ledger");
    fixture.ledger.begin_child(&path, &child).unwrap();
    calls.add(1);
    let parent = read(&fixture.path("1.ledger"));
    let child = read(&path);
    assert_eq!((parent.process.pid, child.process.pid), (42, 43));
    assert_eq!(parent.recording.profiles[function as usize].call_count(), 1000);
    assert_eq!(child.recording.profiles[function as usize].call_count(), 1);
}

#[test]
fn a_child_without_a_file_counts_in_memory() {
    let mut fixture = Fixture::new();
    let function = fixture.add_function("f");
    let signature = fixture.ledger.add_signature(&[]).unwrap();
    let calls = fixture.ledger.add_cell(CellKind::Args, function, signature, 0).unwrap();
    calls.add(1000);
    let nowhere = fixture.path("missing/2.ledger");
    assert!(fixture.ledger.begin_child(&nowhere, &WHO).is_err());
    calls.add(1);
    assert_eq!(calls.get(), 1);
    assert_eq!(read(&fixture.path("1.ledger")).recording.profiles[1].call_count(), 1000);
    assert!(fixture.ledger.counter(Counter::VolatileBytes).get() > 0);
}

#[test]
fn a_lost_file_does_not_stop_the_counting() {
    let mut fixture = Fixture::new();
    std::fs::remove_file(fixture.path("1.ledger")).unwrap();
    let signature = fixture.ledger.add_signature(&[]).unwrap();
    for number in 0..10_000 {
        let id = fixture.add_function(&format!("f{number}"));
        assert!(fixture.ledger.add_cell(CellKind::Args, id, signature, 0).is_some());
    }
    assert!(fixture.ledger.counter(Counter::VolatileBytes).get() > 0);
}

#[test]
fn an_existing_file_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.ledger");
    std::fs::write(&path, "mine").unwrap();
    assert!(Ledger::create(&path, &WHO, 0).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
}
