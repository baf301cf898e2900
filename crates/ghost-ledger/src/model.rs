//! The reader against the writer in every order that the memory model permits, by loom.
//!
//! Runs under `cargo xtask sanitize --model` only: `--cfg loom` replaces the mapping and the
//! atomics. Each test explores all interleavings, so it is small: a few words, two threads.

use std::path::PathBuf;

use loom::thread;

use crate::layout::CellKind;
use crate::mapping::{Reading, format};
use crate::reader::copy;
use crate::{ActivationEntry, Identity, Ledger, LedgerSnapshot, ReadError, parse};
use ghost_model::FunctionKind;

const PARENT: Identity = Identity {
    pid: 7,
    parent_pid: 1,
    kernel_start_ticks: 0,
    pid_namespace: 0,
    python_hexversion: 0x030d_00f0,
};
const CHILD: Identity = Identity { pid: 8, parent_pid: 7, ..PARENT };

fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 10_000;
    builder.check(model);
}

/// A path of its own for each test: they run side by side.
fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(name);
    format(&path);
    path
}

fn read(path: &PathBuf) -> Result<LedgerSnapshot, ReadError> {
    parse(&copy(Reading::of(path).unwrap()).unwrap())
}

#[test]
fn a_ledger_is_none_before_its_header_is_complete() {
    explore(|| {
        let path = file("created");
        let reader = thread::spawn({
            let path = path.clone();
            move || match read(&path) {
                Ok(snapshot) => {
                    assert_eq!((snapshot.process.pid, snapshot.process.parent_pid), (7, 1))
                }
                Err(error) => assert!(matches!(error, ReadError::NotALedger), "{error}"),
            }
        });
        Ledger::create(&path, &PARENT, 0).unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn a_record_is_seen_whole_or_not_at_all() {
    explore(|| {
        let path = file("growing");
        let mut ledger = Ledger::create(&path, &PARENT, 0).unwrap();
        let reader = thread::spawn({
            let path = path.clone();
            move || {
                let recording = read(&path).unwrap().recording;
                let observed = recording.functions.iter().filter(|f| f.key.qualname != "<root>");
                assert!(observed.into_iter().all(|f| f.key.qualname == "f" && f.key.line == 3));
                let counts = recording.profiles.iter().map(|profile| profile.call_count());
                assert!(counts.sum::<u64>() <= 2);
            }
        });
        let text = ledger.add_text("f").unwrap();
        let signature = ledger.add_signature(&[]).unwrap();
        let (id, _) = ledger.add_function([text; 4], 3, FunctionKind::Function).unwrap();
        let calls = ledger.add_cell(CellKind::Args, id, signature, 0).unwrap();
        calls.add(1);
        calls.add(1);
        reader.join().unwrap();
    });
}

fn entry(start_unix_ns: u64, latency_ns: u64) -> ActivationEntry {
    ActivationEntry {
        start_unix_ns,
        latency_ns,
        function: 0,
        caller: 0,
        signature: 0,
        outcome_type: 0,
        raised: false,
        span_id: start_unix_ns,
    }
}

/// The two entries share function, caller and types, and their start and latency differ by the
/// same bit: an exclusive or cannot tell either pair exchanged.
#[test]
fn a_ring_entry_is_never_a_mixture_of_two() {
    explore(|| {
        let path = file("ring");
        let mut ledger = Ledger::create(&path, &PARENT, 1).unwrap();
        ledger.add_signature(&[]).unwrap();
        ledger.add_activation(&entry(1000, 10));
        let reader = thread::spawn({
            let path = path.clone();
            move || {
                for seen in read(&path).unwrap().activations {
                    let seen = (seen.sequence, seen.start_unix_ns, seen.latency_ns, seen.span_id.0);
                    assert!([(1, 1000, 10, 1000), (2, 1001, 11, 1001)].contains(&seen), "{seen:?}");
                }
            }
        });
        ledger.add_activation(&entry(1001, 11));
        reader.join().unwrap();
    });
}

#[test]
fn a_childs_file_never_holds_its_parents_counts() {
    explore(|| {
        let path = file("forked");
        let mut ledger = Ledger::create(&file("forking"), &PARENT, 0).unwrap();
        let text = ledger.add_text("f").unwrap();
        let signature = ledger.add_signature(&[]).unwrap();
        let (id, _) = ledger.add_function([text; 4], 3, FunctionKind::Function).unwrap();
        ledger.add_cell(CellKind::Args, id, signature, 0).unwrap().add(1000);
        let reader = thread::spawn({
            let path = path.clone();
            move || match read(&path) {
                Ok(snapshot) => {
                    assert_eq!(snapshot.process.pid, 8);
                    assert_eq!(snapshot.recording.profiles[0].call_count(), 0);
                }
                Err(error) => assert!(matches!(error, ReadError::NotALedger), "{error}"),
            }
        });
        ledger.begin_child(&path, &CHILD).unwrap();
        reader.join().unwrap();
    });
}
