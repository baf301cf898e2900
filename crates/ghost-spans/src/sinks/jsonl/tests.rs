//! Files of lines: rotation, repair, bounds, and what happens when somebody else touches them.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::*;
use ghost_model::SpanLoss;
use proptest::prelude::*;
use tempfile::TempDir;

fn settings(dir: &Path) -> JsonlSettings {
    JsonlSettings {
        dir: dir.to_owned(),
        prefix: "ghostglass".into(),
        rotate_bytes: 0,
        rotate_interval: None,
        keep: None,
    }
}

fn sink(dir: &TempDir, change: impl FnOnce(&mut JsonlSettings)) -> JsonlSink {
    let mut settings = settings(dir.path());
    change(&mut settings);
    JsonlSink::new(settings)
}

fn events(numbers: std::ops::Range<usize>) -> Vec<Item> {
    numbers.map(|number| Item::Event(format!("{{\"n\":{number}}}").into_bytes())).collect()
}

/// All files by name, and all lines of them in that order.
fn files(dir: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .expect("a folder")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("UTF-8"))
        })
        .collect();
    files.sort();
    files
}

fn numbers(dir: &Path) -> Vec<u64> {
    let mut all: Vec<u64> = Vec::new();
    for (_, text) in files(dir) {
        assert!(text.is_empty() || text.ends_with('\n'), "torn: {text:?}");
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            all.push(value["n"].as_u64().expect("a number"));
        }
    }
    all.sort_unstable();
    all
}

fn active(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join(format!("ghostglass-{}.jsonl", std::process::id()))
}

#[test]
fn spans_and_events_are_lines_of_one_file() {
    let dir = TempDir::new().expect("a folder");
    let mut sink = sink(&dir, |settings| settings.dir.push("deep/er"));
    let span = Item::Span(crate::encoding::encode(&Span { name: "/".into(), ..Span::default() }));
    let batch = [span, Item::Event(b"{\"n\":1}".to_vec()), Item::Span(vec![9])];
    assert_eq!(sink.write(&batch), Outcome::dropped(1, SpanLoss::Unreadable));
    let files = files(&dir.path().join("deep/er"));
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].1.lines().count(), 2);
    assert!(files[0].1.starts_with(r#"{"ts_ns":0,"trace_id":null"#));
}

#[test]
fn files_stay_below_their_size_and_few_enough() {
    let dir = TempDir::new().expect("a folder");
    let mut sink = sink(&dir, |settings| {
        settings.rotate_bytes = 40;
        settings.keep = Some(3);
    });
    for batch in 0..20 {
        assert_eq!(sink.write(&events(batch * 10..batch * 10 + 10)).dropped, 0);
    }
    let files = files(dir.path());
    assert_eq!(files.len(), 4);
    assert!(files.iter().all(|(_, text)| text.len() <= 40 && text.ends_with('\n')), "{files:?}");
    // The youngest stay.
    assert_eq!(numbers(dir.path()).last(), Some(&199));
}

#[test]
fn a_line_longer_than_a_file_has_one_of_its_own() {
    let dir = TempDir::new().expect("a folder");
    let mut sink = sink(&dir, |settings| settings.rotate_bytes = 4);
    assert_eq!(sink.write(&events(0..5)).dropped, 0);
    assert_eq!(files(dir.path()).len(), 5);
    assert_eq!(numbers(dir.path()), [0, 1, 2, 3, 4]);
}

#[test]
fn an_old_file_is_rotated_unless_it_is_empty() {
    let dir = TempDir::new().expect("a folder");
    let mut sink = sink(&dir, |settings| settings.rotate_interval = Some(Duration::ZERO));
    (0..3).for_each(|n| assert_eq!(sink.write(&events(n..n + 1)).dropped, 0));
    assert_eq!(files(dir.path()).len(), 3);
    assert_eq!(numbers(dir.path()), [0, 1, 2]);
}

#[test]
fn a_torn_last_line_is_cut_off_in_own_files_and_in_those_left_behind() {
    let dir = TempDir::new().expect("a folder");
    fs::write(active(&dir), "{\"n\":1}\n{\"n\":2").expect("written");
    fs::write(dir.path().join("ghostglass-4000000.jsonl"), "{\"n\":3}\n{\"n\"").expect("written");
    fs::write(dir.path().join("ghostglass-4000001.2.jsonl"), "{".repeat(9000)).expect("written");
    fs::write(dir.path().join("other-1.jsonl"), "{\"n\":4}").expect("written");
    let mut sink = sink(&dir, |_| {});
    sink.write(&events(5..6));
    fs::remove_file(dir.path().join("other-1.jsonl")).expect("untouched");
    assert_eq!(numbers(dir.path()), [1, 3, 5]);
}

#[test]
fn two_sinks_never_write_to_one_file() {
    let dir = TempDir::new().expect("a folder");
    let (mut one, mut other) = (sink(&dir, |_| {}), sink(&dir, |_| {}));
    for n in 0..4 {
        one.write(&events(n..n + 1));
        other.write(&events(n + 10..n + 11));
    }
    assert_eq!(files(dir.path()).len(), 2);
    assert_eq!(numbers(dir.path()), [0, 1, 2, 3, 10, 11, 12, 13]);
}

#[test]
fn a_file_that_was_moved_or_removed_is_begun_anew() {
    let dir = TempDir::new().expect("a folder");
    let mut sink = sink(&dir, |_| {});
    sink.write(&events(0..1));
    fs::rename(active(&dir), dir.path().join("moved-1")).expect("moved");
    sink.write(&events(1..2));
    fs::remove_file(active(&dir)).expect("removed");
    sink.write(&events(2..3));
    assert_eq!(numbers(dir.path()), [0, 2]);
    fs::remove_dir_all(dir.path()).expect("removed");
    assert_eq!(sink.write(&events(3..4)).dropped, 0);
    assert_eq!(numbers(dir.path()), [3]);
}

#[test]
fn an_emptied_file_goes_on_from_its_beginning() {
    let dir = TempDir::new().expect("a folder");
    let mut sink = sink(&dir, |settings| settings.rotate_bytes = 16);
    sink.write(&events(0..2));
    File::options().write(true).truncate(true).open(active(&dir)).expect("emptied");
    sink.write(&events(2..4));
    assert_eq!(files(dir.path()).len(), 1);
    assert_eq!(numbers(dir.path()), [2, 3]);
}

#[test]
fn no_link_is_followed() {
    let dir = TempDir::new().expect("a folder");
    let elsewhere = TempDir::new().expect("a folder");
    let target = elsewhere.path().join("precious");
    fs::write(&target, "precious").expect("written");
    std::os::unix::fs::symlink(&target, active(&dir)).expect("linked");
    assert_eq!(sink(&dir, |_| {}).write(&events(0..3)).dropped, 3);
    assert_eq!(fs::read_to_string(target).expect("read"), "precious");
}

#[test]
fn what_cannot_be_written_is_dropped_and_the_next_batch_tries_again() {
    let dir = TempDir::new().expect("a folder");
    let blocked = dir.path().join("logs");
    fs::write(&blocked, "a file where the folder should be").expect("written");
    let mut sink = sink(&dir, |settings| settings.dir.push("logs"));
    assert_eq!(sink.write(&events(0..3)), Outcome::dropped(3, SpanLoss::ExporterFailed));
    fs::remove_file(&blocked).expect("removed");
    assert_eq!(sink.write(&events(3..5)).dropped, 0);
    assert_eq!(numbers(&blocked), [3, 4]);
}

#[test]
fn a_failed_append_leaves_complete_lines() {
    let dir = TempDir::new().expect("a folder");
    let path = active(&dir);
    let mut file = file::ActiveFile::open(&path).expect("opened").expect("ours");
    assert!(file.append(b"{\"n\":1}\n").error.is_none());
    // What a full disk does: a part of the batch is there, then an error.
    let mut torn = File::options().append(true).open(&path).expect("opened");
    torn.write_all(b"{\"n\":2}\n{\"n\"").expect("written");
    let file = file.cut_torn(8).expect("cut");
    assert_eq!(file.bytes(), 16);
    assert_eq!(numbers(dir.path()), [1, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_line_is_lost_torn_or_written_twice(
        batches in prop::collection::vec(1usize..30, 1..20),
        rotate_bytes in prop_oneof![Just(0u64), 1u64..200],
    ) {
        let dir = TempDir::new().expect("a folder");
        let mut sink = sink(&dir, |settings| settings.rotate_bytes = rotate_bytes);
        let mut first = 0;
        for count in batches {
            prop_assert_eq!(sink.write(&events(first..first + count)).dropped, 0);
            first += count;
        }
        prop_assert_eq!(numbers(dir.path()), (0..first as u64).collect::<Vec<_>>());
    }
}
