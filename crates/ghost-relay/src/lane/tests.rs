//! Sinks that fail in every way: counts are exact, and nobody waits for them.

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};

use ghost_model::{Span, SpanLoss};
use proptest::prelude::*;

use super::*;
use crate::account::Account;
use crate::sink::{Attempt, Packed, Problem};

const LIMITS: LaneLimits =
    LaneLimits { queue_max: 100, queue_bytes_max: 1 << 20, batch_max: 10, delay: Duration::ZERO };

/// Answers as it is told; without an answer it takes everything. Its parcels hold `parcel` spans.
struct Scripted {
    answers: Receiver<Attempt>,
    parcel: usize,
    sent: Arc<Mutex<Vec<usize>>>,
}

impl Sink for Scripted {
    fn pack(&mut self, spans: &[Arc<Envelope>]) -> Packed {
        if spans[0].span.name == "large" {
            return Packed::TooLarge;
        }
        let span_count = spans.len().min(self.parcel);
        Packed::Parcel { bytes: vec![0; span_count], span_count }
    }

    fn send(&mut self, parcel: &[u8], _: Option<Instant>) -> Attempt {
        self.sent.lock().unwrap().push(parcel.len());
        self.answers.try_recv().unwrap_or(taken(0))
    }
}

/// Blocks until it is let go.
struct Stuck(Receiver<()>);

impl Sink for Stuck {
    fn pack(&mut self, spans: &[Arc<Envelope>]) -> Packed {
        Packed::Parcel { bytes: Vec::new(), span_count: spans.len() }
    }

    fn send(&mut self, _: &[u8], _: Option<Instant>) -> Attempt {
        let _ = self.0.recv();
        taken(0)
    }
}

struct Stage {
    lane: Lane,
    account: Arc<Account>,
    answers: Sender<Attempt>,
    sent: Arc<Mutex<Vec<usize>>>,
}

impl Stage {
    fn new(limits: LaneLimits, parcel: usize, script: Vec<Attempt>) -> Self {
        let (answers, receiver) = mpsc::channel();
        for answer in script {
            answers.send(answer).unwrap();
        }
        let sent = Arc::default();
        let sink = Scripted { answers: receiver, parcel, sent: Arc::clone(&sent) };
        let lane = Lane::start("s".into(), "`s`".into(), Box::new(sink), limits, Say::nothing());
        Self { lane, account: Arc::default(), answers, sent }
    }

    fn offer(&self, count: usize) {
        self.offer_named(count, "");
    }

    fn offer_named(&self, count: usize, name: &str) {
        let spans: Vec<_> = (0..count).map(|_| envelope(&self.account, name)).collect();
        self.lane.offer(&spans);
    }

    fn finish(mut self, within: Duration) -> (LaneCounts, Vec<usize>) {
        self.lane.close(Instant::now() + within);
        let counts = self.lane.finish();
        check(&counts, &self.account);
        let sent = self.sent.lock().unwrap().clone();
        (counts, sent)
    }
}

fn envelope(account: &Arc<Account>, name: &str) -> Arc<Envelope> {
    account.take(1);
    let span = Span { name: name.to_owned(), ..Span::default() };
    Arc::new(Envelope::new(span, Arc::default(), Arc::clone(account), 1))
}

/// Every span is exported or counted under one reason, here and for its process.
fn check(counts: &LaneCounts, account: &Account) {
    let lost: u64 = counts.lost().iter().map(|(_, count)| count).sum();
    assert_eq!(counts.offered, counts.exported + lost + counts.waiting, "{counts:?}");
    let fate = account.fate();
    assert_eq!((fate.read, fate.exported), (counts.offered, counts.exported));
    assert_eq!(fate.lost, counts.lost());
}

fn taken(lost: u64) -> Attempt {
    Attempt::Taken { lost, why: SpanLoss::Rejected }
}

fn again(after: Option<Duration>, is_answered: bool) -> Attempt {
    Attempt::Again { after, problem: Problem { reason: "no".into(), is_answered } }
}

const SOON: Option<Duration> = Some(Duration::from_millis(1));
const LONG: Duration = Duration::from_mins(1);

#[test]
fn all_that_was_offered_is_sent_before_the_end() {
    let stage = Stage::new(LaneLimits { delay: LONG, ..LIMITS }, 4, vec![]);
    stage.offer(25);
    let (counts, sent) = stage.finish(LONG);
    assert_eq!((counts.exported, sent), (25, vec![4, 4, 2, 4, 4, 2, 4, 1]));
}

#[test]
fn a_batch_waits_for_more_but_not_for_ever() {
    let stage = Stage::new(LaneLimits { delay: Duration::from_millis(1), ..LIMITS }, 10, vec![]);
    stage.offer(3);
    while stage.lane.counts().exported < 3 {
        thread::yield_now();
    }
    assert_eq!(stage.finish(LONG).0.exported, 3);
}

#[test]
fn the_receiver_may_ask_to_come_back() {
    let stage = Stage::new(LIMITS, 10, vec![again(SOON, true), again(SOON, true)]);
    stage.offer(5);
    while stage.lane.counts().exported < 5 {
        thread::yield_now();
    }
    let (_, sent) = stage.finish(LONG);
    assert_eq!(sent, [5, 5, 5]);
}

#[test]
fn refused_rejected_and_too_large_have_counts_of_their_own() {
    let problem = Problem::answered("no".into());
    let script = vec![Attempt::Refused(problem), taken(3)];
    let stage = Stage::new(LaneLimits { delay: LONG, ..LIMITS }, 5, script);
    stage.offer(10);
    stage.offer_named(1, "large");
    stage.offer(2);
    let (counts, _) = stage.finish(LONG);
    let lost = [(SpanLoss::TooLarge, 1), (SpanLoss::ExporterFailed, 5), (SpanLoss::Rejected, 3)];
    assert_eq!((counts.exported, counts.lost()), (4, lost.to_vec()));
}

#[test]
fn a_receiver_cannot_reject_more_than_it_was_sent() {
    let script = vec![taken(u64::MAX)];
    let stage = Stage::new(LaneLimits { delay: LONG, ..LIMITS }, 10, script);
    stage.offer(4);
    let (counts, _) = stage.finish(LONG);
    assert_eq!((counts.exported, counts.lost()), (0, vec![(SpanLoss::Rejected, 4)]));
}

#[test]
fn closing_does_not_wait_for_who_does_not_answer() {
    let stage = Stage::new(LaneLimits { delay: LONG, ..LIMITS }, 1, vec![again(None, false)]);
    stage.offer(9);
    let (counts, sent) = stage.finish(LONG);
    assert_eq!((counts.lost(), sent), (vec![(SpanLoss::Closed, 9)], vec![1]));
}

#[test]
fn closing_ends_a_pause() {
    let stage = Stage::new(LIMITS, 10, vec![again(Some(LONG), true)]);
    stage.offer(2);
    while stage.sent.lock().unwrap().is_empty() {
        thread::yield_now();
    }
    let (counts, sent) = stage.finish(LONG);
    assert_eq!((counts.exported, sent), (2, vec![2, 2]));
}

#[test]
fn a_sink_that_is_stuck_holds_up_nobody_and_loses_nothing_uncounted() {
    let (release, receiver) = mpsc::channel();
    let account = Arc::new(Account::default());
    let limits = LaneLimits { queue_max: 20, ..LIMITS };
    let sink = Box::new(Stuck(receiver));
    let mut lane = Lane::start("s".into(), "`s`".into(), sink, limits, Say::nothing());
    for _ in 0..1_000 {
        lane.offer(&[envelope(&account, "")]);
    }
    lane.close(Instant::now() + Duration::from_millis(1));
    let counts = lane.finish();
    check(&counts, &account);
    assert_eq!((counts.exported, counts.waiting), (0, 0));
    // What comes after the end is counted, too, and what the sink does then changes nothing.
    lane.offer(&[envelope(&account, "")]);
    release.send(()).unwrap();
    check(&lane.counts(), &account);
}

#[test]
fn memory_is_bounded_by_bytes_too() {
    let (_release, receiver) = mpsc::channel();
    let account = Arc::new(Account::default());
    let limits = LaneLimits { queue_max: usize::MAX, queue_bytes_max: 100_000, ..LIMITS };
    let sink = Box::new(Stuck(receiver));
    let mut lane = Lane::start("s".into(), "`s`".into(), sink, limits, Say::nothing());
    for _ in 0..100 {
        lane.offer(&[envelope(&account, &"x".repeat(10_000))]);
    }
    assert!(lane.counts().waiting < 10 + LIMITS.batch_max as u64);
    lane.close(Instant::now());
    check(&lane.finish(), &account);
    // Twice is as good as once.
    check(&lane.finish(), &account);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_a_sink_does_counts_are_exact(
        script in prop::collection::vec((0..4_u8, 0..20_u64), 0..30),
        offers in prop::collection::vec(0..30_usize, 0..20),
        (parcel, queue_max) in (1..12_usize, 1..60_usize),
    ) {
        let script = script.into_iter().map(|(kind, number)| match kind {
            0 => taken(number),
            1 => again(SOON, true),
            2 => again(SOON, false),
            _ => Attempt::Refused(Problem::unreachable("no")),
        });
        let stage = Stage::new(LaneLimits { queue_max, ..LIMITS }, parcel, script.collect());
        let offered: usize = offers.iter().sum();
        for count in offers {
            stage.offer(count);
        }
        let _ = stage.answers.send(taken(1));
        let (counts, _) = stage.finish(LONG);
        prop_assert_eq!((counts.offered, counts.waiting), (offered as u64, 0));
    }
}
