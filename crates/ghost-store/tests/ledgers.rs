//! From real ledgers, written as an observed process writes them, to what commands read.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32};

use ghost_ledger::layout::CellKind;
use ghost_ledger::{Identity, Ledger, Slot};
use ghost_model::{FunctionKind, ProcessState, Recording, SessionId, SessionState};
use ghost_store::{
    DataDir, NewSession, RunFolder, SessionEnd, SessionIndex, SessionReader, SessionSelector,
    SessionWriter, StoreError, recover,
};

struct Home {
    _root: tempfile::TempDir,
    data_dir: DataDir,
    id: SessionId,
}

impl Home {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().join("ghost"));
        Self { _root: root, data_dir, id: SessionId::new(1_763_630_000_000_000_000, 1) }
    }

    fn begin(&self) -> (RunFolder, SessionWriter) {
        let folder = RunFolder::create(&self.data_dir, &self.id, "events=sample\n").unwrap();
        let new = NewSession {
            id: self.id.clone(),
            script: "app.py".into(),
            name: None,
            note: None,
            kind: ghost_model::SessionKind::Started,
            pid: std::process::id(),
            start_unix_ns: 1_763_630_000_000_000_000,
        };
        (folder, SessionWriter::create(&self.data_dir, new).unwrap())
    }

    fn ledger_path(&self, pid: u32) -> PathBuf {
        self.data_dir.run_dir(&self.id).join(format!("{pid}-1.ledger"))
    }

    /// A ledger in which `fib` was called `calls` times.
    fn ledger(&self, who: &Identity, calls: u64) -> Ledger {
        self.counting_ledger(who, calls).0
    }

    /// The same, with the counter of its calls.
    fn counting_ledger(&self, who: &Identity, calls: u64) -> (Ledger, Slot) {
        let mut ledger = Ledger::create(&self.ledger_path(who.pid), who, 16).unwrap();
        let mut text = |text| ledger.add_text(text).unwrap();
        let (empty, dots, root) = (text(""), text("…"), text("<root>"));
        let (app, fib, file) = (text("app"), text("fib"), text("app.py"));
        ledger.add_type(empty, dots, &[]).unwrap();
        ledger.add_signature(&[0]).unwrap();
        ledger.add_function([empty, root, empty, empty], 0, FunctionKind::External).unwrap();
        ledger.add_function([app, fib, file, empty], 3, FunctionKind::Function).unwrap();
        let slot = ledger.add_cell(CellKind::Args, 1, 0, 0).unwrap();
        slot.add(calls);
        (ledger, slot)
    }

    fn reader(&self) -> SessionReader {
        SessionReader::open(&self.data_dir, &self.id).unwrap()
    }
}

/// This process: as alive as one can be.
fn this_process() -> Identity {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(") ").unwrap().1;
    let kernel_start_ticks = fields.split(' ').nth(19).unwrap().parse().unwrap();
    Identity { pid: std::process::id(), kernel_start_ticks, ..Identity::default() }
}

/// A process that has ended: no Linux gives out an id this large. Starting a real one would have
/// its copy of this process's descriptors hold the locks of other tests.
fn ended_process() -> Identity {
    static NEXT: AtomicU32 = AtomicU32::new(5_000_000);
    Identity { pid: NEXT.fetch_add(1, Relaxed), kernel_start_ticks: 1, ..Identity::default() }
}

fn finished() -> SessionEnd {
    SessionEnd {
        end_unix_ns: 1_763_630_001_000_000_000,
        exit_code: Some(0),
        state: SessionState::Finished,
    }
}

fn calls(recording: &Recording) -> Vec<u64> {
    recording.observed().map(|(_, _, profile)| profile.call_count()).collect()
}

#[test]
fn a_run_from_beginning_to_end() {
    let home = Home::new();
    let (folder, mut writer) = home.begin();
    let who = ended_process();
    home.ledger(&who, 635_621).close();
    let report = writer.fold(folder.path()).unwrap();
    assert_eq!((report.call_count, report.function_count, report.process_count), (635_621, 1, 1));
    assert!(!home.ledger_path(who.pid).exists());
    writer.finish(finished()).unwrap();
    let reader = home.reader();
    assert_eq!(calls(&reader.recording().unwrap()), [635_621]);
    assert_eq!(reader.processes().unwrap()[0].state, ProcessState::Finished);
    assert!(!folder.path().exists());
    let index = SessionIndex::read(&home.data_dir).unwrap();
    assert_eq!(index.select(&SessionSelector::Latest), Ok(home.id));
}

#[test]
fn a_process_that_outlives_its_session_is_folded_later() {
    let home = Home::new();
    let (folder, writer) = home.begin();
    let ledger = home.ledger(&this_process(), 5);
    assert_eq!(writer.finish(finished()).unwrap().running_count, 1);
    drop(folder);
    assert!(home.ledger_path(std::process::id()).exists());

    drop(ledger);
    fs::remove_file(home.ledger_path(std::process::id())).unwrap();
    home.ledger(&this_process(), 8);
    let recovery = recover(&home.data_dir).unwrap();
    assert!(recovery.recovered.is_empty() && recovery.broken.is_empty());
    let reader = home.reader();
    assert_eq!(calls(&reader.recording().unwrap()), [8]);
    assert_eq!(reader.session().state, SessionState::Finished);
    assert_eq!(reader.session().exit_code, Some(0));
}

#[test]
fn a_run_that_lost_its_ghost_is_recovered_with_every_call() {
    let home = Home::new();
    let (folder, writer) = home.begin();
    drop((folder, writer));
    home.ledger(&ended_process(), 7);
    let recovery = recover(&home.data_dir).unwrap();
    assert_eq!(recovery.recovered, std::slice::from_ref(&home.id));
    let reader = home.reader();
    assert_eq!(calls(&reader.recording().unwrap()), [7]);
    assert_eq!(reader.session().state, SessionState::Killed);
    assert!(reader.session().end_unix_ns.is_some());
    assert_eq!(reader.processes().unwrap()[0].state, ProcessState::Ended);
    assert!(!home.data_dir.run_dir(&home.id).exists());
}

#[test]
fn a_lost_session_file_is_made_again_from_the_ledgers() {
    let home = Home::new();
    let (folder, writer) = home.begin();
    drop((folder, writer));
    fs::remove_file(home.data_dir.session_path(&home.id)).unwrap();
    home.ledger(&ended_process(), 7);
    assert_eq!(recover(&home.data_dir).unwrap().recovered, std::slice::from_ref(&home.id));
    assert_eq!(calls(&home.reader().recording().unwrap()), [7]);
}

#[test]
fn two_recoveries_at_once_do_not_disturb_each_other() {
    let home = Home::new();
    drop(home.begin());
    for _ in 0..20 {
        home.ledger(&ended_process(), 1);
    }
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let recoveries: Vec<_> =
            (0..4).map(|_| scope.spawn(|| recover(&home.data_dir).unwrap())).collect();
        recoveries.into_iter().map(|recovery| recovery.join().unwrap()).collect()
    });
    let recovered: usize = outcomes.iter().map(|recovery| recovery.recovered.len()).sum();
    assert_eq!(recovered, 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|recovery| recovery.broken.is_empty()), "{outcomes:?}");
    assert_eq!(home.reader().session().call_count, 20);
}

#[test]
fn nothing_recorded_is_nothing_to_recover() {
    let home = Home::new();
    assert!(recover(&home.data_dir).unwrap().recovered.is_empty());
    assert!(!home.data_dir.root().exists(), "asking must not make the folder");
    let missing = SessionReader::open(&home.data_dir, &home.id);
    assert!(matches!(missing, Err(StoreError::Missing { .. })));
}

#[test]
fn readers_and_the_writer_do_not_get_in_each_others_way() {
    let home = Home::new();
    let (folder, mut writer) = home.begin();
    let (_ledger, fib) = home.counting_ledger(&this_process(), 0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Relaxed) {
                    let reader = home.reader();
                    let seen = calls(&reader.recording().unwrap()).iter().sum();
                    assert!(seen >= last);
                    assert_eq!(seen, reader.session().call_count);
                    last = seen;
                }
            });
        }
        for _ in 0..50 {
            fib.add(1);
            writer.fold(folder.path()).unwrap();
        }
        done.store(true, Relaxed);
    });
    assert_eq!(calls(&home.reader().recording().unwrap()), [50]);
}
