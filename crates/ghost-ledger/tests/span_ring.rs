//! The ring of spans: what is written is read, what is overwritten is counted, a reader that is
//! overtaken never returns a record that is not one.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ghost_ledger::{Identity, RingError, RingFate, SpanRing, SpanRingReader};
use ghost_model::SpanLoss;
use proptest::prelude::*;

fn ring(capacity: u32, drops_oldest: bool) -> (tempfile::TempDir, SpanRing, SpanRingReader) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.spans");
    let who =
        Identity { pid: 7, parent_pid: 6, python_hexversion: 0x030d_00f0, ..Identity::default() };
    let writer = SpanRing::create(&path, &who, capacity, drops_oldest).unwrap();
    let reader = SpanRingReader::open(&path).unwrap();
    (folder, writer, reader)
}

/// A record that says what it is in every byte.
fn record(number: u64, length: usize) -> Vec<u8> {
    number.to_le_bytes().into_iter().cycle().take(length.max(8)).collect()
}

fn number(record: &[u8]) -> u64 {
    let number = u64::from_le_bytes(*record.first_chunk().unwrap());
    assert_eq!(record, self::record(number, record.len()), "torn");
    number
}

#[test]
fn what_is_written_is_read_once() {
    let (_folder, mut writer, mut reader) = ring(4096, true);
    assert!(writer.push(b"one") && writer.push(b""));
    let batch = reader.read().unwrap();
    assert_eq!(batch.records, [b"one".to_vec(), Vec::new()]);
    assert_eq!((batch.missed, batch.last_sequence), (0, 2));
    assert!(reader.read().unwrap().records.is_empty());
    assert_eq!(reader.process().pid, 7);
    assert_eq!(reader.process().python_version, "3.13.0");
    writer.close();
    reader.read().unwrap();
    assert!(reader.process().end_unix_ns.is_some());
}

#[test]
fn another_reader_goes_on_where_the_first_stopped() {
    let (folder, mut writer, mut reader) = ring(4096, true);
    writer.push(b"one");
    let first = reader.read().unwrap();
    writer.push(b"two");
    let mut next = SpanRingReader::open(&folder.path().join("1.spans")).unwrap();
    next.resume(first.position, first.last_sequence);
    let batch = next.read().unwrap();
    assert_eq!((batch.records, batch.missed), (vec![b"two".to_vec()], 0));
}

#[test]
fn a_full_ring_refuses_where_the_oldest_are_to_stay() {
    let (_folder, mut writer, mut reader) = ring(4096, false);
    let taken = (0..100).filter(|n| writer.push(&record(*n, 100))).count();
    assert_eq!(taken, 4096 / 120);
    assert_eq!(writer.refused(), 100 - taken as u64);
    assert_eq!(reader.read().unwrap().records.len(), taken);
    assert!(!writer.push(&record(1, 100)), "the writer does not know of the read");
    reader
        .publish(&RingFate { read: 1, exported: 1, lost: vec![(SpanLoss::Rejected, 3)] })
        .unwrap();
    assert!(writer.push(&record(1, 100)));
    assert_eq!(writer.fate().lost, [(SpanLoss::Rejected, 3)]);
    let refused = reader.refused().unwrap();
    assert_eq!(refused, [(SpanLoss::QueueFull, 101 - taken as u64)]);
}

#[test]
fn too_large_is_counted() {
    let (_folder, mut writer, mut reader) = ring(4096, true);
    assert!(!writer.push(&[0; 4096]));
    assert!(reader.read().unwrap().records.is_empty());
    assert_eq!(reader.refused().unwrap(), [(SpanLoss::TooLarge, 1)]);
}

#[test]
fn a_file_that_is_no_ring_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.spans");
    std::fs::write(&path, [0; 8192]).unwrap();
    assert!(matches!(SpanRingReader::open(&path), Err(RingError::NotARing)));
    std::fs::write(&path, b"GHOSTSP\0").unwrap();
    assert!(matches!(SpanRingReader::open(&path), Err(RingError::Io { .. })));
}

#[test]
fn a_reader_that_is_overtaken_counts_and_never_tears() {
    let (_folder, mut writer, mut reader) = ring(4096, true);
    let over = Arc::new(AtomicBool::new(false));
    let written = 300_000;
    let reading = {
        let over = Arc::clone(&over);
        std::thread::spawn(move || {
            let (mut read, mut missed, mut newest) = (0, 0, None);
            loop {
                let last = over.load(Ordering::Acquire);
                let batch = reader.read().unwrap();
                missed += batch.missed;
                read += batch.records.len() as u64;
                for record in &batch.records {
                    let number = Some(number(record));
                    assert!(number > newest, "order");
                    newest = number;
                }
                if last && batch.records.is_empty() {
                    return (read, missed);
                }
            }
        })
    };
    for n in 0..written {
        writer.push(&record(n, 8 + (n % 150) as usize));
    }
    over.store(true, Ordering::Release);
    let (read, missed) = reading.join().unwrap();
    assert_eq!(read + missed, written);
}

proptest! {
    #[test]
    fn written_is_read_plus_missed(steps in prop::collection::vec((0usize..400, any::<bool>()), 1..200)) {
        let (_folder, mut writer, mut reader) = ring(4096, true);
        let (mut written, mut seen, mut newest) = (0, 0, 0);
        for (length, reads) in steps {
            written += 1;
            prop_assert!(writer.push(&record(written, length)));
            if reads {
                let batch = reader.read().unwrap();
                seen += batch.missed + batch.records.len() as u64;
                for record in &batch.records {
                    prop_assert!(number(record) > newest);
                    newest = number(record);
                }
                prop_assert_eq!(seen, written);
                prop_assert_eq!(newest, written);
            }
        }
        prop_assert_eq!(writer.records(), written);
    }
}
