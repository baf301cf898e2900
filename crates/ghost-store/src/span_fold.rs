//! From what was read of rings to rows, each span exactly once.
//!
//! Spans cannot be read again as totals of a ledger can: the ring forgets them once it is told that
//! they are safe. So the place up to which a ring was read is stored with what was read, and what lies
//! before it is never taken again.

use std::collections::{BTreeMap, HashMap, HashSet};

use ghost_ledger::span_ring::RingFate;
use ghost_model::{FlowTotals, RouteTotals, Span, SpanKind, SpanLoss, StatementTotals};
use rusqlite::{Connection, params};

use crate::recording_rows::{each, text};
use crate::span_rows;
use crate::span_total_rows::{self, Totals};
use crate::unsigned::Unsigned;

/// Routes, statements and hosts told apart per process. A program has hundreds; beyond this somebody
/// makes them up. The rest is counted as one, `…`.
const KEYS_MAX: usize = 10_000;

/// What was read of one ring at a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SpanBatch {
    /// Name of the ring's file, without its extension.
    pub(crate) ring: String,
    /// The process that writes it.
    pub(crate) pid: u32,
    /// Newest record before these.
    pub(crate) sequence_before: u64,
    /// Newest of these, or missed.
    pub(crate) last_sequence: u64,
    /// Where reading is to go on.
    pub(crate) position: u64,
    /// What was read.
    pub(crate) spans: Vec<Span>,
    /// Records that were overwritten before they were read.
    pub(crate) missed: u64,
    /// Records that made no sense.
    pub(crate) unreadable: u64,
    /// Records that never came into the ring since it began, by reason.
    pub(crate) refused: Vec<(SpanLoss, u64)>,
}

impl SpanBatch {
    /// Spans of traces that are kept.
    pub(crate) fn sampled_count(&self) -> u64 {
        self.spans.iter().filter(|span| span.is_sampled).count() as u64
    }
}

/// What the session file holds of spans, as far as folding needs it.
#[derive(Debug, Default)]
pub(crate) struct KnownSpans {
    numbers: HashMap<String, i64>,
    rings: HashMap<i64, KnownRing>,
    sequence_next: i64,
}

/// Up to where a ring was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Bytes since the ring began.
    pub(crate) position: u64,
    /// Newest record read or missed; 0 before the first.
    pub(crate) last_sequence: u64,
}

/// What one process came to so far.
#[derive(Debug, Default)]
struct KnownRing {
    place: Place,
    received_count: u64,
    unsampled_count: u64,
    losses: BTreeMap<SpanLoss, u64>,
    routes: KnownTotals<RouteTotals>,
    statements: KnownTotals<StatementTotals>,
    flows: KnownTotals<FlowTotals>,
}

impl KnownSpans {
    /// Reads what somebody else wrote.
    pub(crate) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let mut known = Self { sequence_next: span_rows::next_sequence(conn)?, ..Self::default() };
        let sql = "SELECT ring_id, ring, position, last_sequence, received_count, unsampled_count
                     FROM span_rings";
        each(conn, sql, |row| {
            let (Unsigned(position), Unsigned(last_sequence)) = (row.get(2)?, row.get(3)?);
            let (Unsigned(received_count), Unsigned(unsampled_count)) = (row.get(4)?, row.get(5)?);
            known.numbers.insert(row.get(1)?, row.get(0)?);
            let place = Place { position, last_sequence };
            let ring = KnownRing { place, received_count, unsampled_count, ..KnownRing::default() };
            known.rings.insert(row.get(0)?, ring);
            Ok(())
        })?;
        for (ring_id, loss, count) in losses(conn)? {
            known.rings.entry(ring_id).or_default().losses.insert(loss, count);
        }
        for (ring_id, key, totals) in span_total_rows::all::<RouteTotals>(conn)? {
            known.rings.entry(ring_id).or_default().routes.sums.insert(key, totals);
        }
        for (ring_id, key, totals) in span_total_rows::all::<StatementTotals>(conn)? {
            known.rings.entry(ring_id).or_default().statements.sums.insert(key, totals);
        }
        for (ring_id, key, totals) in span_total_rows::all::<FlowTotals>(conn)? {
            known.rings.entry(ring_id).or_default().flows.sums.insert(key, totals);
        }
        Ok(known)
    }

    /// Up to where a ring was read.
    pub(crate) fn place(&self, ring: &str) -> Place {
        let known = self.numbers.get(ring).and_then(|id| self.rings.get(id));
        known.map_or_else(Place::default, |ring| ring.place)
    }

    /// What became of the records of a ring so far.
    pub(crate) fn fate(&self, ring: &str) -> RingFate {
        let known = self.numbers.get(ring).and_then(|id| self.rings.get(id));
        known.map_or_else(RingFate::default, |ring| {
            let lost_here = [SpanLoss::Overwritten, SpanLoss::Unreadable];
            let lost = lost_here.map(|loss| (loss, ring.losses.get(&loss).copied().unwrap_or(0)));
            let unreadable = lost[1].1;
            let lost = lost.into_iter().filter(|(_, count)| *count > 0).collect();
            RingFate { read: ring.received_count + unreadable, exported: ring.received_count, lost }
        })
    }

    /// Writes what a batch brought, unless it was written before.
    pub(crate) fn fold(
        &mut self,
        conn: &Connection,
        batch: &SpanBatch,
        spans_max: u64,
    ) -> rusqlite::Result<()> {
        if self.place(&batch.ring).last_sequence > batch.sequence_before {
            return Ok(());
        }
        let ring_id = match self.numbers.get(&batch.ring) {
            Some(ring_id) => *ring_id,
            None => self.rings.keys().max().map_or(1, |largest| largest + 1),
        };
        self.numbers.insert(batch.ring.clone(), ring_id);
        let ring = self.rings.entry(ring_id).or_default();
        ring.add(&batch.spans);
        ring.place = Place { position: batch.position, last_sequence: batch.last_sequence };
        ring.routes.write(conn, ring_id)?;
        ring.statements.write(conn, ring_id)?;
        ring.flows.write(conn, ring_id)?;
        ring.write_losses(conn, ring_id, batch)?;
        let sql = "INSERT OR REPLACE INTO span_rings VALUES (?, ?, ?, ?, ?, ?, ?)";
        conn.prepare_cached(sql)?.execute(params![
            ring_id,
            batch.ring,
            batch.pid,
            Unsigned(ring.place.position),
            Unsigned(ring.place.last_sequence),
            Unsigned(ring.received_count),
            Unsigned(ring.unsampled_count),
        ])?;
        self.keep(conn, ring_id, &batch.spans, spans_max)
    }

    /// Writes the spans themselves, as many of the newest as are kept.
    fn keep(
        &mut self,
        conn: &Connection,
        ring_id: i64,
        spans: &[Span],
        spans_max: u64,
    ) -> rusqlite::Result<()> {
        let sampled: Vec<&Span> = spans.iter().filter(|span| span.is_sampled).collect();
        let spans_max = usize::try_from(spans_max).unwrap_or(usize::MAX);
        let newest = &sampled[sampled.len().saturating_sub(spans_max)..];
        if newest.is_empty() {
            return Ok(());
        }
        span_rows::insert(conn, ring_id, self.sequence_next, newest)?;
        self.sequence_next = self.sequence_next.saturating_add_unsigned(newest.len() as u64);
        span_rows::trim(conn, self.sequence_next.saturating_sub_unsigned(spans_max as u64))
    }
}

impl KnownRing {
    fn add(&mut self, spans: &[Span]) {
        self.received_count += spans.len() as u64;
        self.unsampled_count += spans.iter().filter(|span| !span.is_sampled).count() as u64;
        for span in spans {
            match span.kind {
                SpanKind::Request => self.routes.add(span),
                SpanKind::Query => self.statements.add(span),
                SpanKind::Client => self.flows.add(span),
                SpanKind::Function | SpanKind::Event => {}
            }
        }
    }

    /// What a reader lost adds up; what the writer refused is said anew each time.
    fn write_losses(
        &mut self,
        conn: &Connection,
        ring_id: i64,
        batch: &SpanBatch,
    ) -> rusqlite::Result<()> {
        let before = self.losses.clone();
        for (loss, count) in &batch.refused {
            self.losses.insert(*loss, *count);
        }
        *self.losses.entry(SpanLoss::Overwritten).or_default() += batch.missed;
        *self.losses.entry(SpanLoss::Unreadable).or_default() += batch.unreadable;
        self.losses.retain(|_, count| *count > 0);
        let sql = "INSERT OR REPLACE INTO span_counters VALUES (?, ?, ?)";
        let mut insert = conn.prepare_cached(sql)?;
        for (loss, count) in self.losses.iter().filter(|(loss, n)| before.get(loss) != Some(n)) {
            insert.execute(params![ring_id, loss.as_str(), Unsigned(*count)])?;
        }
        Ok(())
    }
}

/// The spans that did not arrive, per ring. A reason of a later version is not ours to interpret.
pub(crate) fn losses(conn: &Connection) -> rusqlite::Result<Vec<(i64, SpanLoss, u64)>> {
    let mut losses = Vec::new();
    each(conn, "SELECT ring_id, counter, value FROM span_counters", |row| {
        let Unsigned(count) = row.get(2)?;
        if let Some(loss) = SpanLoss::from_word(text(row, 1)?) {
            losses.push((row.get(0)?, loss, count));
        }
        Ok(())
    })?;
    Ok(losses)
}

/// Sums by key, and which of them the file does not have yet.
#[derive(Debug)]
struct KnownTotals<T: Totals> {
    sums: HashMap<T::Key, T>,
    changed: HashSet<T::Key>,
}

impl<T: Totals> Default for KnownTotals<T> {
    fn default() -> Self {
        Self { sums: HashMap::new(), changed: HashSet::new() }
    }
}

impl<T: Totals> KnownTotals<T> {
    fn add(&mut self, span: &Span) {
        let key = T::key(span);
        let is_full = self.sums.len() >= KEYS_MAX && !self.sums.contains_key(&key);
        let key = if is_full { T::beyond() } else { key };
        self.sums.entry(key.clone()).or_default().add(span);
        self.changed.insert(key);
    }

    fn write(&mut self, conn: &Connection, ring_id: i64) -> rusqlite::Result<()> {
        for key in self.changed.drain() {
            if let Some(totals) = self.sums.get(&key) {
                totals.write(conn, ring_id, &key)?;
            }
        }
        Ok(())
    }
}
