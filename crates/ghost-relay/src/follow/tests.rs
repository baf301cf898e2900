//! Rings written by hand: everything is read once, told back, and removed in the end.

use ghost_ledger::{Identity, SpanRing};
use ghost_model::SpanKind;

use super::*;
use crate::notice::Say;
use crate::settings::ExportSettings;

/// No process has this id.
const GONE: u32 = 5_000_000;

struct Stage {
    folder: tempfile::TempDir,
    exporting: Exporting,
    follower: Follower,
}

impl Stage {
    fn new(destination: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let follower = Follower::new(folder.path());
        Self { folder, exporting: exporting(destination), follower }
    }

    fn ring(&self, pid: u32, capacity: u32) -> SpanRing {
        let kernel_start_ticks = liveness::running_start_ticks(pid).unwrap_or_default();
        let who = Identity { pid, kernel_start_ticks, ..identity() };
        SpanRing::create(&self.path(pid), &who, capacity, true).unwrap()
    }

    fn path(&self, pid: u32) -> PathBuf {
        self.folder.path().join(format!("{pid}-1f.spans"))
    }

    fn poll(&mut self) -> Followed {
        self.follower.poll(&mut self.exporting).unwrap()
    }
}

fn identity() -> Identity {
    Identity {
        pid: 0,
        parent_pid: 0,
        kernel_start_ticks: 0,
        pid_namespace: 0,
        python_hexversion: 0x030d_00f0,
    }
}

fn exporting(destination: &str) -> Exporting {
    let nothing = |_: &str| None;
    let destination = destination.parse().unwrap();
    let settings = ExportSettings::new(&[(destination, &nothing)], &nothing).unwrap();
    Exporting::start(&settings, &Say::nothing()).0
}

fn record(number: u64) -> Vec<u8> {
    let name = format!("/route/{number}");
    encoding::encode(&Span { kind: SpanKind::Request, name, is_sampled: true, ..Span::default() })
}

#[test]
fn what_is_read_is_told_to_the_writer() {
    let mut stage = Stage::new("prometheus=0");
    let mut ring = stage.ring(std::process::id(), 1 << 16);
    (0..10).for_each(|number| assert!(ring.push(&record(number))));
    assert_eq!(stage.poll(), Followed { spans: 10, living: 1, rings: 1 });
    assert_eq!(stage.poll().spans, 0);
    ring.push(&record(10));
    assert_eq!(stage.poll().spans, 1);
    let fate = ring.fate();
    assert_eq!((fate.read, fate.exported, fate.lost), (11, 11, vec![]));
    assert!(ring.is_drained() && stage.path(std::process::id()).exists());
}

#[test]
fn what_was_overwritten_or_makes_no_sense_is_counted() {
    let mut stage = Stage::new("prometheus=0");
    let mut ring = stage.ring(std::process::id(), 4096);
    (0..1_000).for_each(|number| assert!(ring.push(&record(number))));
    ring.push(b"canary");
    let read = stage.poll().spans;
    let fate = ring.fate();
    assert_eq!(read, 1_001);
    assert_eq!(count_of(&fate.lost, SpanLoss::Unreadable), 1);
    let missed = count_of(&fate.lost, SpanLoss::Overwritten);
    assert!(missed > 900, "{missed}");
    assert_eq!((fate.read + missed, fate.exported + missed + 1), (1_001, 1_001));
}

#[test]
fn a_ring_that_was_left_behind_is_read_and_removed() {
    let mut stage = Stage::new("prometheus=0");
    let mut ring = stage.ring(GONE, 1 << 16);
    (0..10).for_each(|number| assert!(ring.push(&record(number))));
    assert_eq!(stage.poll(), Followed { spans: 10, living: 0, rings: 1 });
    assert!(!stage.path(GONE).exists());
    assert_eq!(ring.fate().exported, 10);
    assert_eq!(stage.poll(), Followed::default());
}

#[test]
fn an_image_that_was_replaced_writes_no_more() {
    let pid = std::process::id();
    let found: Vec<PathBuf> =
        ["1f", "2f"].map(|start| PathBuf::from(format!("{pid}-{start}.spans"))).into();
    let kernel_start_ticks = liveness::running_start_ticks(pid).unwrap();
    let process = Process { pid, kernel_start_ticks, ..Process::default() };
    assert!(!is_alive(&process, &found[0], &found));
    assert!(is_alive(&process, &found[1], &found));
}

#[test]
fn a_successor_goes_on_where_the_first_relay_was() {
    let mut stage = Stage::new("otlp=http://127.0.0.1:1");
    let mut ring = stage.ring(std::process::id(), 1 << 16);
    (0..7).for_each(|number| assert!(ring.push(&record(number))));
    stage.poll();
    assert_eq!((ring.fate().read, ring.fate().exported), (7, 0));
    (7..10).for_each(|number| assert!(ring.push(&record(number))));
    let (mut second, mut follower) =
        (exporting("prometheus=0"), Follower::new(stage.folder.path()));
    assert_eq!(follower.poll(&mut second).unwrap().spans, 3);
    let fate = ring.fate();
    assert_eq!((fate.read, fate.exported, fate.lost), (10, 3, vec![(SpanLoss::Closed, 7)]));
}

#[test]
fn what_is_no_ring_is_left_alone() {
    let mut stage = Stage::new("prometheus=0");
    fs::write(stage.path(3), b"canary").unwrap();
    assert_eq!(stage.poll(), Followed { rings: 1, ..Followed::default() });
    assert!(stage.path(3).exists());
}
