//! A file that may not grow: counting goes on, and the reader gets what reached the file.
//! Alone in its file, because the limit holds for the whole process.
#![cfg(not(miri))] // Maps files.

use ghost_ledger::layout::CellKind;
use ghost_ledger::{Counter, Identity, Ledger, read_ledger};
use ghost_model::FunctionKind;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[test]
fn counting_goes_on_where_the_disk_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.ledger");
    let limit = Rlimit { current: Some(1 << 20), ..getrlimit(Resource::Fsize) };
    setrlimit(Resource::Fsize, limit).unwrap();
    let mut ledger = Ledger::create(&path, &Identity::default(), 0).unwrap();
    let text = ledger.add_text("name").unwrap();
    let signature = ledger.add_signature(&[]).unwrap();
    let mut cells = Vec::new();
    for line in 0..40_000 {
        let names = [text; 4];
        let (id, _) = ledger.add_function(names, line, FunctionKind::Function).unwrap();
        let cell = ledger.add_cell(CellKind::Args, id, signature, 0).unwrap();
        cell.add(2);
        cells.push(cell);
    }
    assert!(cells.iter().all(|cell| cell.get() == 2));
    let snapshot = read_ledger(&path).unwrap();
    assert!(snapshot.process.counters.iter().any(|(c, n)| *c == Counter::VolatileBytes && *n > 0));
    let kept = snapshot.recording.profiles.iter().filter(|p| p.call_count() == 2).count();
    assert!((1_000..40_000).contains(&kept), "{kept}");
}
