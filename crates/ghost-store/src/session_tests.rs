//! Tests of writing, folding and reading together.

use std::fs;

use ghost_ledger::LedgerSnapshot;
use ghost_model::{
    CallTree, CallTreeNode, ExceptionCount, FunctionId, FunctionKind, ProcessState, Profile,
    Recording, SessionId, SessionState, TypeId,
};

use crate::stage::{DEAD_PID, Stage, activation, calls, end, fib, function, snapshot};
use crate::{
    NewSession, RunFolder, SessionIndex, SessionReader, SessionWriter, StoreError, recover,
};

#[test]
fn a_finished_session_reads_as_it_was_written() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    writer.set_pid(42);
    let ledger = stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(21)));
    let report = writer.finish(end(SessionState::Finished)).unwrap();
    assert_eq!((report.call_count, report.process_count, report.function_count), (21, 1, 1));
    assert!(!ledger.exists() && !stage.run_dir().exists());
    let reader = stage.reader();
    let session = reader.session();
    assert_eq!((session.pid, session.call_count, session.process_count), (42, 21, 1));
    assert_eq!((session.exit_code, session.state), (Some(3), SessionState::Finished));
    assert_eq!(session.start_unix_ns, 1_763_630_000_123_456_789);
    assert_eq!(session.end_unix_ns, Some(1_763_630_009_000_000_001));
    assert_eq!(reader.recording().unwrap(), fib(21));
    let mut expected = snapshot(DEAD_PID, fib(21)).process;
    expected.state = ProcessState::Ended;
    assert_eq!(reader.recordings().unwrap(), [(expected, fib(21))]);
}

#[test]
fn a_finished_session_is_one_plain_file() {
    let stage = Stage::new("");
    stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(21)));
    stage.writer().finish(end(SessionState::Finished)).unwrap();
    stage.reader().recording().unwrap();
    let names: Vec<_> = fs::read_dir(stage.data_dir.sessions_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, [format!("{}.db", stage.id).as_str()]);
}

#[test]
fn the_documented_views_answer_during_the_run() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    stage.live_ledger(fib(21));
    writer.fold(&stage.run_dir()).unwrap();
    let top = "SELECT fn_key, call_count FROM profiles ORDER BY call_count DESC LIMIT 10";
    assert_eq!(stage.query(top), ["app:fib:3 | 21"]);
    let distributions = "SELECT exception_rate, mean_latency_ns, min_latency_ns, max_latency_ns,
                                arg_type_dist, ret_type_dist, callers FROM profiles";
    assert_eq!(
        stage.query(distributions),
        [r#"0 | 1000 | 1000 | 1000 | {"(int)":21} | {"int":21} | {"app:fib:3":20,":<root>:0":1}"#]
    );
    let session = "SELECT session_id, script_path, total_events, state, start_time FROM sessions";
    assert_eq!(
        stage.query(session),
        ["1763630000-00000007 | app.py | 21 | running | 1763630000.1234567"]
    );
    assert_eq!(stage.reader().session().state, SessionState::Running);
}

#[test]
fn folding_again_changes_nothing_and_growth_is_taken_over() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let ledger = stage.live_ledger(fib(21));
    let first = writer.fold(&stage.run_dir()).unwrap();
    assert!(first.changed && ledger.exists() && first.running_count == 1);
    assert!(!writer.fold(&stage.run_dir()).unwrap().changed);
    stage.live_ledger(fib(34));
    let grown = writer.fold(&stage.run_dir()).unwrap();
    assert_eq!((grown.changed, grown.call_count), (true, 34));
    assert_eq!(stage.reader().recording().unwrap(), fib(34));
}

/// A tree of the root, `fib` below it, and `fib` once more below that.
fn tree(calls: u64) -> CallTree {
    let node = |parent, call_count, self_ns| CallTreeNode {
        parent,
        function: FunctionId(1),
        call_count,
        self_ns,
        total_ns: 0,
    };
    CallTree::of(vec![CallTreeNode::default(), node(0, 1, 5), node(1, 0, 0), node(2, calls, calls)])
}

const NODES: &str = "SELECT node_id, parent_id, fn_key, call_count, total_ns, n.self_ns
                       FROM call_tree_nodes n JOIN functions USING (function_id) ORDER BY 1";

#[test]
fn a_call_tree_is_written_as_it_grows_and_added_over_processes() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let grown = |calls| LedgerSnapshot { call_tree: tree(calls), ..snapshot(DEAD_PID, fib(21)) };
    let path = stage.live_ledger(fib(21));
    let put = |calls| {
        let mut snapshots = stage.snapshots.lock().unwrap();
        snapshots.get_mut(&path).unwrap().call_tree = tree(calls);
    };
    put(0);
    writer.fold(&stage.run_dir()).unwrap();
    assert_eq!(stage.query(NODES), ["1 | 0 | app:fib:3 | 1 | 5 | 5"]);
    put(7);
    assert!(writer.fold(&stage.run_dir()).unwrap().changed);
    assert!(!writer.fold(&stage.run_dir()).unwrap().changed);
    let expected = [
        "1 | 0 | app:fib:3 | 1 | 12 | 5",
        "2 | 1 | app:fib:3 | 0 | 7 | 0",
        "3 | 2 | app:fib:3 | 7 | 7 | 7",
    ];
    assert_eq!(stage.query(NODES), expected);
    assert_eq!(stage.reader().call_tree().unwrap(), tree(7));
    stage.ledger(DEAD_PID, 1, grown(3));
    writer.fold(&stage.run_dir()).unwrap();
    let merged = stage.reader().call_tree().unwrap();
    let calls: Vec<_> = merged.nodes().iter().map(|node| node.call_count).collect();
    assert_eq!((calls, merged.total_ns()), (vec![0, 2, 0, 10], 20));
}

#[test]
fn a_call_tree_somebody_made_up_is_read_as_far_as_it_makes_sense() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    stage.live_ledger(fib(21));
    writer.fold(&stage.run_dir()).unwrap();
    stage.query(
        "INSERT INTO call_tree_nodes VALUES
         (1, -5, 7, 1, 1, 9, 1), (1, 4, 4, 1, 1, 9, 1), (1, 7, 4, 4000000, 1, 9, 1) RETURNING 1",
    );
    let tree = stage.reader().call_tree().unwrap();
    let parents: Vec<_> = tree.nodes().iter().map(|node| node.parent).collect();
    assert_eq!((parents, tree.total_ns()), (vec![0, 0, 1], 3));
    assert!(tree.nodes().iter().all(|node| node.function.index() < 2));
}

#[test]
fn a_crash_between_commit_and_deletion_is_harmless() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let ledger = stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(21)));
    writer.fold(&stage.run_dir()).unwrap();
    drop(writer);
    fs::write(&ledger, "").unwrap();
    let mut writer = stage.attach(SessionWriter::reopen(&stage.data_dir, &stage.id).unwrap());
    assert_eq!(writer.fold(&stage.run_dir()).unwrap().call_count, 21);
    assert_eq!(stage.reader().recording().unwrap(), fib(21));
}

#[test]
fn a_broken_ledger_is_kept_and_does_not_hide_the_others() {
    let stage = Stage::new("");
    let writer = stage.writer();
    let broken = stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(3)));
    stage.snapshots.lock().unwrap().clear();
    stage.ledger(DEAD_PID + 1, 2, snapshot(DEAD_PID + 1, fib(21)));
    let report = writer.finish(end(SessionState::Finished)).unwrap();
    assert_eq!(report.call_count, 21);
    let (kept, why) = &report.broken[0];
    assert!(kept.exists() && !broken.exists() && why.contains("damaged"), "{why}");
    drop(stage.folder);
    assert!(recover(&stage.data_dir).unwrap().broken.is_empty(), "reported twice");
    assert!(kept.exists());
}

#[test]
fn a_ledger_that_was_never_begun_is_no_news() {
    let stage = Stage::new("");
    let empty = stage.run_dir().join(format!("{DEAD_PID}-1.ledger"));
    fs::write(&empty, [0; 9000]).unwrap();
    let begun = stage.run_dir().join(format!("{DEAD_PID}-2.ledger"));
    fs::write(&begun, "something").unwrap();
    let writer = SessionWriter::create(&stage.data_dir, stage.new_session()).unwrap();
    let report = writer.finish(end(SessionState::Finished)).unwrap();
    assert!(!empty.exists());
    assert_eq!(report.broken.len(), 1, "{:?}", report.broken);
}

#[test]
fn an_unreadable_ledger_of_a_living_process_is_left_alone() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let ledger = stage.live_ledger(fib(3));
    stage.snapshots.lock().unwrap().clear();
    let report = writer.fold(&stage.run_dir()).unwrap();
    assert!(report.broken.is_empty() && ledger.exists() && report.running_count == 1);
}

#[test]
fn a_replaced_image_counts_as_ended() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let first = stage.live_ledger(fib(3));
    let mut second = stage.snapshots.lock().unwrap()[&first].clone();
    second.recording = fib(5);
    let second = stage.ledger(std::process::id(), 2, second);
    let report = writer.fold(&stage.run_dir()).unwrap();
    assert!(!first.exists() && second.exists());
    assert_eq!((report.call_count, report.process_count, report.running_count), (8, 2, 1));
    let states: Vec<_> = stage.reader().processes().unwrap().iter().map(|p| p.state).collect();
    assert_eq!(states, [ProcessState::Ended, ProcessState::Running]);
}

#[test]
fn a_deleted_session_file_is_made_again_with_everything() {
    for parts in [&["", "-wal", "-shm"][..], &[""], &["-wal"], &["-wal", "-shm"]] {
        let stage = Stage::new("");
        let mut writer = stage.writer();
        stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, fib(21)));
        stage.live_ledger(fib(3));
        writer.fold(&stage.run_dir()).unwrap();
        for part in parts {
            fs::remove_file(crate::open::suffixed(&stage.path(), part)).unwrap();
        }
        stage.live_ledger(fib(5));
        let report = writer.finish(end(SessionState::Finished)).unwrap();
        assert!(report.broken.is_empty(), "{parts:?}: {:?}", report.broken);
        assert_eq!(calls(&stage.reader().recording().unwrap()), 26, "{parts:?}");
        assert_eq!(stage.query("PRAGMA integrity_check"), ["ok"]);
    }
}

#[test]
fn a_deleted_data_folder_is_made_again() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    stage.live_ledger(fib(21));
    writer.fold(&stage.run_dir()).unwrap();
    fs::remove_dir_all(stage.data_dir.root()).unwrap();
    assert_eq!(writer.finish(end(SessionState::Finished)).unwrap().call_count, 21);
    assert_eq!(calls(&stage.reader().recording().unwrap()), 21);
}

#[test]
fn a_replaced_session_file_is_kept_beside_the_new_one() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    stage.live_ledger(fib(21));
    writer.fold(&stage.run_dir()).unwrap();
    fs::remove_file(stage.path()).unwrap();
    fs::write(stage.path(), "something else").unwrap();
    writer.fold(&stage.run_dir()).unwrap();
    assert_eq!(calls(&stage.reader().recording().unwrap()), 21);
    let kept = crate::open::suffixed(&stage.path(), ".displaced");
    assert_eq!(fs::read_to_string(kept).unwrap(), "something else");
}

#[test]
fn a_session_file_cut_short_is_begun_anew_from_the_ledgers() {
    for parts in [&["", "-wal"][..], &[""], &["-wal"]] {
        let stage = Stage::new("");
        let mut writer = stage.writer();
        stage.live_ledger(fib(21));
        writer.fold(&stage.run_dir()).unwrap();
        for part in parts {
            let path = crate::open::suffixed(&stage.path(), part);
            fs::OpenOptions::new().write(true).truncate(true).open(path).unwrap();
        }
        stage.live_ledger(fib(34));
        let report = writer.fold(&stage.run_dir()).unwrap();
        assert_eq!(report.call_count, 34, "{parts:?}");
        assert_eq!(calls(&stage.reader().recording().unwrap()), 34, "{parts:?}");
        writer.finish(end(SessionState::Finished)).unwrap();
        assert_eq!(stage.query("PRAGMA integrity_check"), ["ok"], "{parts:?}");
    }
}

#[test]
fn a_reader_that_stays_cannot_make_the_log_grow_without_bound() {
    let stage = Stage::new("");
    let mut writer = stage.writer().with_log_bytes_max(200_000);
    let reader = stage.reader();
    let mut refused = 0;
    for calls in 1..100 {
        stage.live_ledger(fib(calls));
        match writer.fold(&stage.run_dir()) {
            Ok(report) => assert_eq!(report.call_count, calls),
            Err(error) => {
                assert!(matches!(error, StoreError::Busy { .. }), "{error}");
                refused += 1;
                break;
            }
        }
    }
    let log = crate::open::log_of(&stage.path());
    let length = fs::metadata(&log).unwrap().len();
    assert!(refused == 1 && length < 300_000, "{length}");
    drop(reader);
    stage.live_ledger(fib(1000));
    assert_eq!(writer.fold(&stage.run_dir()).unwrap().call_count, 1000);
    assert!(fs::metadata(&log).unwrap().len() < length);
    assert_eq!(calls(&stage.reader().recording().unwrap()), 1000);
}

#[test]
fn an_abandoned_run_is_closed_and_its_living_processes_kept() {
    let mut stage = Stage::new("");
    drop(stage.writer());
    stage.folder = None;
    assert_eq!(stage.reader().session().state, SessionState::Killed);
    let recovery = recover(&stage.data_dir).unwrap();
    assert_eq!(recovery.recovered, [stage.id.clone()]);
    assert!(recovery.broken.is_empty() && !stage.run_dir().exists());
    assert_eq!(stage.query("SELECT state FROM sessions"), ["killed"]);
    assert!(recover(&stage.data_dir).unwrap().recovered.is_empty());
}

#[test]
fn a_run_that_is_held_is_not_recovered() {
    let stage = Stage::new("");
    drop(stage.writer());
    assert!(recover(&stage.data_dir).unwrap().recovered.is_empty());
    assert_eq!(stage.query("SELECT state FROM sessions"), ["running"]);
}

#[test]
fn one_broken_session_does_not_stop_the_recovery_of_others() {
    let mut stage = Stage::new("");
    drop(stage.writer());
    stage.folder = None;
    let bad = SessionId::new(1_763_630_001_000_000_000, 8);
    let ledger = RunFolder::create(&stage.data_dir, &bad, "").unwrap().path().join("9-1.ledger");
    fs::write(&ledger, "x").unwrap();
    fs::write(stage.data_dir.session_path(&bad), "x".repeat(5000)).unwrap();
    let recovery = recover(&stage.data_dir).unwrap();
    assert_eq!((recovery.recovered.len(), recovery.broken.len()), (1, 1));
    assert!(ledger.exists());
    let index = SessionIndex::read(&stage.data_dir).unwrap();
    let readable: Vec<bool> = index.entries().map(|(_, session)| session.is_ok()).collect();
    assert_eq!(readable, [false, true]);
}

#[test]
fn two_functions_of_one_key_are_added_up() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let mut recording = fib(3);
    recording.functions.push(recording.functions[1].clone());
    recording.profiles.push(recording.profiles[1].clone());
    stage.live_ledger(recording.clone());
    writer.fold(&stage.run_dir()).unwrap();
    recording.profiles[2].args[0].1 = 5;
    stage.live_ledger(recording);
    writer.fold(&stage.run_dir()).unwrap();
    let read = stage.reader().recording().unwrap();
    assert_eq!((read.functions.len(), read.profiles[1].call_count()), (2, 8));
}

#[test]
fn an_exception_can_find_its_catcher_late_or_be_taken_back() {
    let stage = Stage::new("");
    let mut writer = stage.writer();
    let mut raised = fib(3);
    raised.profiles[1].exceptions =
        vec![ExceptionCount { exception: TypeId(1), caught_by: None, count: 2 }];
    let mut caught = raised.clone();
    caught.profiles[1].exceptions[0].caught_by = Some(FunctionId(1));
    caught.profiles[1].handled = vec![(TypeId(1), 2)];
    caught.profiles[0].handled = vec![(TypeId(1), 1)];
    for recording in [raised, caught, fib(3)] {
        stage.live_ledger(recording.clone());
        writer.fold(&stage.run_dir()).unwrap();
        assert_eq!(stage.reader().recording().unwrap(), recording);
    }
}

#[test]
fn a_function_of_one_process_is_external_in_another() {
    let stage = Stage::new("");
    let writer = stage.writer();
    let mut caller_only = fib(3);
    caller_only.functions[1] = function("other", FunctionKind::Function);
    caller_only.functions.push(function("fib", FunctionKind::External));
    caller_only.profiles.push(Profile::default());
    caller_only.profiles[1].callers = vec![(FunctionId(2), 3)];
    stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, caller_only));
    stage.ledger(DEAD_PID + 1, 2, snapshot(DEAD_PID + 1, fib(5)));
    writer.finish(end(SessionState::Finished)).unwrap();
    let observed = |recording: &Recording| {
        recording.observed().map(|(_, f, _)| f.key.qualname.clone()).collect::<Vec<_>>()
    };
    let reader = stage.reader();
    assert_eq!(observed(&reader.recording().unwrap()), ["other", "fib"]);
    let apart = reader.recordings().unwrap();
    assert_eq!(observed(&apart[0].1), ["other"]);
    assert_eq!(observed(&apart[1].1), ["fib"]);
}

#[test]
fn the_newest_activations_are_kept_and_the_missing_counted() {
    let stage = Stage::new("events_per_function=3\n");
    let mut writer = stage.writer();
    let mut report = crate::FoldReport::default();
    for range in [1..=2_u64, 2..=4, 7..=9] {
        let path = stage.live_ledger(fib(9));
        let activations = range.map(|sequence| activation(sequence, sequence)).collect();
        stage.snapshots.lock().unwrap().get_mut(&path).unwrap().activations = activations;
        report = writer.fold(&stage.run_dir()).unwrap();
    }
    assert_eq!(report.activations_missed, 2);
    let kept = stage.reader().activations(FunctionId(1)).unwrap();
    assert_eq!(kept, [activation(9, 9), activation(8, 8), activation(7, 7)]);
    assert_eq!(
        stage.query("SELECT * FROM events LIMIT 1"),
        [format!(
            "app:fib:3 | return | (int) | int | Null | 0 | 7 | :<root>:0 | 9 | {}",
            std::process::id()
        )]
    );
}

#[test]
fn no_activation_is_kept_when_none_are_wanted_and_all_when_all_are() {
    for (conf, expected) in [("events=none\n", 0), ("events=all\n", 40)] {
        let stage = Stage::new(conf);
        let mut writer = stage.writer();
        let path = stage.live_ledger(fib(9));
        let activations = (1..=40).map(|sequence| activation(sequence, 5)).collect();
        stage.snapshots.lock().unwrap().get_mut(&path).unwrap().activations = activations;
        writer.fold(&stage.run_dir()).unwrap();
        assert_eq!(stage.reader().activations(FunctionId(1)).unwrap().len(), expected);
    }
}

#[test]
fn a_missing_session_and_a_second_one_of_the_same_name_are_errors() {
    let stage = Stage::new("");
    let missing = SessionReader::open(&stage.data_dir, &stage.id);
    assert!(matches!(missing, Err(StoreError::Missing { .. })));
    let _first = stage.writer();
    let new = NewSession { script: String::new(), pid: 0, start_unix_ns: 0, ..stage.new_session() };
    assert!(matches!(SessionWriter::create(&stage.data_dir, new), Err(StoreError::Exists { .. })));
}

#[test]
fn activations_can_be_read_by_process() {
    let stage = Stage::new("");
    for (pid, sequences) in [(DEAD_PID, 1..=3), (DEAD_PID + 1, 1..=2)] {
        let mut ended = snapshot(pid, fib(21));
        ended.process.start_unix_ns += u64::from(pid);
        ended.activations = sequences.map(|sequence| activation(sequence, 9 - sequence)).collect();
        stage.ledger(pid, u64::from(pid), ended);
    }
    stage.writer().finish(end(SessionState::Finished)).unwrap();
    let reader = stage.reader();
    let by_process = reader.activations_by_process().unwrap();
    assert_eq!(by_process.iter().map(Vec::len).collect::<Vec<_>>(), [3, 2]);
    for activations in &by_process {
        assert!(activations.is_sorted_by_key(|activation| activation.start_unix_ns));
    }
    let mut all: Vec<_> = by_process.concat();
    let mut of_fib = reader.activations(FunctionId(1)).unwrap();
    for list in [&mut all, &mut of_fib] {
        list.sort_by_key(|activation| (activation.start_unix_ns, activation.sequence));
    }
    assert_eq!(all, of_fib);
}
