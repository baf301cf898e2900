//! The one writer of a session file: `ghost run` while it lives, `recover` after it.
//!
//! Every fold is one transaction. What was written last is kept in memory and dropped whenever a
//! transaction fails, so that memory and file cannot drift apart.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use ghost_ledger::{LedgerSnapshot, ReadError, read_ledger};
use ghost_model::{Session, SessionId, SessionKind, SessionState};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::data_dir::DataDir;
use crate::fold::{FoldReport, Known};
use crate::maintenance::{CHECKPOINT_INTERVAL, CheckpointClock};
use crate::reading::Reading;
use crate::relocation::{self, Place};
use crate::run_folder::{self, EventsKept, LedgerFile};
use crate::span_drain::{Drained, SpanDrain, SpanListener};
use crate::span_fold::{KnownSpans, SpanBatch};
use crate::store_error::StoreError;
use crate::unsigned::Unsigned;
use crate::{open, recording_rows, session_row};

/// How long the log may grow while a reader keeps it from being emptied. One fold of a large
/// program writes a few megabytes.
const LOG_BYTES_MAX: u64 = 64 << 20;

/// Reads a ledger.
pub(crate) type LedgerReader = Box<dyn Fn(&Path) -> Result<LedgerSnapshot, ReadError> + Send>;

/// What is known of a session when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// What is run, without its arguments.
    pub script: String,
    /// What the user calls it.
    pub name: Option<String>,
    /// What the user wrote about it.
    pub note: Option<String>,
    /// How it comes to its program.
    pub kind: SessionKind,
    /// Process id of the program; may be set later.
    pub pid: u32,
    /// Start, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// End, nanoseconds since the Unix epoch.
    pub end_unix_ns: u64,
    /// Exit code of the program as a shell reports it.
    pub exit_code: Option<i32>,
    /// Finished or killed.
    pub state: SessionState,
}

/// Writes one session file.
pub struct SessionWriter {
    data_dir: DataDir,
    path: PathBuf,
    session: Session,
    /// `None` after the file turned out to be lost, until the next fold makes it anew.
    open: Option<OpenFile>,
    read: LedgerReader,
    rings: SpanDrain,
    log_bytes_max: u64,
    checkpoints: CheckpointClock,
}

struct OpenFile {
    conn: Connection,
    place: Place,
    known: Option<Known>,
    known_spans: Option<KnownSpans>,
}

impl fmt::Debug for SessionWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SessionWriter {
    /// Makes the file of a new session.
    pub fn create(data_dir: &DataDir, new: NewSession) -> Result<Self, StoreError> {
        data_dir.create()?;
        let session = Session {
            id: new.id,
            script: new.script,
            name: new.name,
            note: new.note,
            kind: new.kind,
            pid: new.pid,
            start_unix_ns: new.start_unix_ns,
            end_unix_ns: None,
            exit_code: None,
            state: SessionState::Running,
            process_count: 0,
            call_count: 0,
        };
        let path = data_dir.session_path(&session.id);
        let file = OpenFile::create(&path, &session)?;
        Ok(Self::with(data_dir, session, Some(file)))
    }

    /// Opens the file of a session that its `ghost run` left behind.
    pub(crate) fn reopen(data_dir: &DataDir, id: &SessionId) -> Result<Self, StoreError> {
        let path = data_dir.session_path(id);
        let conn = open::writable(&path)?;
        let session = session_row::read(&conn, id).map_err(StoreError::sql(&path))?;
        Ok(Self::with(data_dir, session, Some(OpenFile::new(conn, &path))))
    }

    fn with(data_dir: &DataDir, session: Session, open: Option<OpenFile>) -> Self {
        let path = data_dir.session_path(&session.id);
        Self {
            data_dir: data_dir.clone(),
            path,
            session,
            open,
            read: Box::new(read_ledger),
            rings: SpanDrain::default(),
            log_bytes_max: LOG_BYTES_MAX,
            checkpoints: CheckpointClock::new(CHECKPOINT_INTERVAL),
        }
    }

    #[cfg(test)]
    pub(crate) fn with_log_bytes_max(self, log_bytes_max: u64) -> Self {
        Self { log_bytes_max, ..self }
    }

    #[cfg(any(test, feature = "staging"))]
    pub(crate) fn reading_with(self, read: LedgerReader) -> Self {
        Self { read, ..self }
    }

    /// Writes spans that were in no ring.
    #[cfg(feature = "staging")]
    pub(crate) fn store_batches(
        &mut self,
        run_dir: &Path,
        batches: Vec<SpanBatch>,
    ) -> Result<(), StoreError> {
        self.rings.waiting = batches;
        self.store_waiting(run_dir)
    }

    /// What the file says of the session.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Sets the process id of the program; written by the next fold.
    pub fn set_pid(&mut self, pid: u32) {
        self.session.pid = pid;
    }

    /// Brings the file up to date with the ledgers in `run_dir`, and deletes those of processes
    /// that ended. After an error everything is still in the ledgers: try again later.
    ///
    /// While somebody reads for so long that the log cannot be emptied, nothing is written and the
    /// error is [`StoreError::Busy`].
    pub fn fold(&mut self, run_dir: &Path) -> Result<FoldReport, StoreError> {
        self.keep_log_short()?;
        let folded = self.fold_anyway(run_dir);
        if let Some(file) = &self.open {
            self.checkpoints.tick(&file.conn, &self.path);
        }
        folded
    }

    fn fold_anyway(&mut self, run_dir: &Path) -> Result<FoldReport, StoreError> {
        let mut lost = self.ensure_in_place()?;
        let mut folded = self.fold_once(run_dir);
        if let Err(error) = &folded
            && error.is_damage()
        {
            lost = self.abandon_file(&error.to_string())?;
            folded = self.fold_once(run_dir);
        }
        let mut report = folded?;
        report.broken.extend(lost);
        Ok(report)
    }

    /// Takes what is new out of the rings in `run_dir`, all of it, and stores it. `listen` sees each
    /// span once, whether or not the file can be written; after an error the spans are kept for the
    /// next time.
    pub fn drain_spans(
        &mut self,
        run_dir: &Path,
        listen: SpanListener<'_>,
    ) -> Result<Drained, StoreError> {
        let drained = self.collect_spans(run_dir, listen)?;
        self.store_waiting(run_dir)?;
        Ok(drained)
    }

    /// As [`Self::drain_spans`], but what was read waits in memory until the next drain, unless there
    /// is too much of it: many spans at a time are stored for a fraction of what few cost each.
    pub fn collect_spans(
        &mut self,
        run_dir: &Path,
        listen: SpanListener<'_>,
    ) -> Result<Drained, StoreError> {
        self.keep_log_short()?;
        self.rings.begin_pass();
        let mut drained = Drained::default();
        while !self.read_rings(run_dir, listen, &mut drained)? {
            self.store_waiting(run_dir)?;
        }
        Ok(drained)
    }

    fn read_rings(
        &mut self,
        run_dir: &Path,
        listen: SpanListener<'_>,
        drained: &mut Drained,
    ) -> Result<bool, StoreError> {
        let Self { path, open, rings, .. } = self;
        let file = open.as_mut().ok_or_else(|| StoreError::Missing { path: path.clone() })?;
        let known = match file.known_spans.take() {
            Some(known) => known,
            None => KnownSpans::load(&file.conn).map_err(StoreError::sql(path))?,
        };
        let is_complete = rings.read(run_dir, &known, listen, drained);
        file.known_spans = Some(known);
        is_complete
    }

    /// Writes what was read, then tells the writers of the rings.
    fn store_waiting(&mut self, run_dir: &Path) -> Result<(), StoreError> {
        let Self { path, open, rings, .. } = self;
        let fail = StoreError::sql(path);
        let file = open.as_mut().ok_or_else(|| StoreError::Missing { path: path.clone() })?;
        if !rings.waiting.is_empty() {
            let known = match file.known_spans.take() {
                Some(known) => known,
                None => KnownSpans::load(&file.conn).map_err(&fail)?,
            };
            file.store_spans(known, &rings.waiting, run_folder::spans_max(run_dir))
                .map_err(&fail)?;
            file.place.grow(&Place::of(path));
        }
        rings.stored();
        Ok(())
    }

    /// Folds for the last time and closes the session. Ledgers of processes that go on without
    /// their `ghost run` stay for [`crate::recover`].
    pub fn finish(mut self, end: SessionEnd) -> Result<FoldReport, StoreError> {
        self.session.end_unix_ns = Some(end.end_unix_ns);
        self.session.exit_code = end.exit_code;
        self.session.state = end.state;
        self.finish_as_is()
    }

    /// Says that the `ghost run` of this session disappeared, unless the session had ended before.
    pub(crate) fn mark_killed(&mut self, end_unix_ns: Option<u64>) {
        if self.session.state == SessionState::Running {
            self.session.state = SessionState::Killed;
        }
        if self.session.state == SessionState::Killed && self.session.end_unix_ns.is_none() {
            self.session.end_unix_ns = end_unix_ns;
        }
    }

    /// Folds and closes the file without changing what it says of the session's end.
    pub(crate) fn finish_as_is(mut self) -> Result<FoldReport, StoreError> {
        let run_dir = self.data_dir.run_dir(&self.session.id);
        let mut report = self.fold_anyway(&run_dir)?;
        // After the ledgers, which may have made the file anew.
        report.broken.extend(self.drain_spans(&run_dir, &mut |_, _| {})?.broken);
        if let Some(file) = self.open.take() {
            open::close_plain(file.conn).map_err(StoreError::sql(&self.path))?;
        }
        run_folder::remove_if_done(&run_dir)?;
        Ok(report)
    }

    /// Empties the log where it has grown because of a reader.
    fn keep_log_short(&mut self) -> Result<(), StoreError> {
        let Some(file) = &mut self.open else { return Ok(()) };
        let now = Place::of(&self.path);
        if now.log_length() <= self.log_bytes_max || !file.place.still_holds(&now) {
            return Ok(());
        }
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let refused = file.conn.query_row(sql, [], |row| row.get::<_, bool>(0));
        if refused.map_err(StoreError::sql(&self.path))? {
            return Err(StoreError::Busy { path: self.path.clone() });
        }
        file.place = Place::of(&self.path);
        Ok(())
    }

    /// Restores the file if it is no longer at its path. What could not be saved is returned as
    /// something to report.
    fn ensure_in_place(&mut self) -> Result<Option<(PathBuf, String)>, StoreError> {
        let Some(file) = self.open.take() else {
            self.open_again()?;
            return Ok(None);
        };
        if file.place.still_holds(&Place::of(&self.path)) {
            self.open = Some(file);
            return Ok(None);
        }
        self.data_dir.create()?;
        match relocation::rescue(file.conn, &self.path) {
            Ok(()) => self.open_again().map(|()| None),
            Err(error) => self.abandon_file(&error.to_string()),
        }
    }

    fn open_again(&mut self) -> Result<(), StoreError> {
        self.data_dir.create()?;
        let file = if self.path.exists() {
            OpenFile::new(open::writable(&self.path)?, &self.path)
        } else {
            OpenFile::create(&self.path, &self.session)?
        };
        self.open = Some(file);
        Ok(())
    }

    /// Begins a new file where the old one cannot be used any more. Ledgers that are still there
    /// fill it; processes whose ledger was folded and deleted are lost, which is reported.
    fn abandon_file(&mut self, why: &str) -> Result<Option<(PathBuf, String)>, StoreError> {
        self.open = None;
        let kept = relocation::move_away(&self.path)?;
        self.open_again()?;
        Ok(Some((kept.unwrap_or_else(|| self.path.clone()), why.to_owned())))
    }

    fn fold_once(&mut self, run_dir: &Path) -> Result<FoldReport, StoreError> {
        let Self { path, session, open, read, .. } = self;
        let fail = StoreError::sql(path);
        let Some(OpenFile { conn, place, known: slot, .. }) = open else {
            return Err(StoreError::Missing { path: path.clone() });
        };
        let ledgers = run_folder::ledgers(run_dir)?;
        let kept = EventsKept::of_run(run_dir);
        let transaction = Transaction::new(conn, TransactionBehavior::Immediate).map_err(&fail)?;
        let mut known = match slot.take() {
            Some(known) => known,
            None => recording_rows::load_known(&transaction).map_err(&fail)?,
        };
        let mut report = FoldReport::default();
        let mut done = Vec::new();
        for ledger in &ledgers {
            match Reading::of(ledger, &ledgers, read) {
                Reading::Snapshot { snapshot, alive } => {
                    let changed = known.fold(&transaction, &ledger.name, *snapshot, kept);
                    report.changed |= changed.map_err(&fail)?;
                    report.running_count += u64::from(alive);
                    if !alive {
                        done.push(ledger);
                    }
                }
                Reading::NotYet => report.running_count += 1,
                Reading::NeverBegun => done.push(ledger),
                Reading::Broken { kept, why } => report.broken.push((kept, why)),
            }
        }
        write_totals(&transaction, session, &mut report).map_err(&fail)?;
        transaction.commit().map_err(&fail)?;
        place.grow(&Place::of(path));
        report.function_count = known.observed.len() as u64;
        retire(&mut known, &done);
        *slot = Some(known);
        Ok(report)
    }
}

/// Deletes the ledgers of processes that ended; their totals are committed.
fn retire(known: &mut Known, done: &[&LedgerFile]) {
    for ledger in done {
        // One that cannot be deleted is folded again, to no effect.
        if std::fs::remove_file(&ledger.path).is_ok() {
            known.forget_rows_of(&ledger.name);
        }
    }
}

/// Sums up over all processes, and writes the session's row if it changed.
fn write_totals(
    conn: &Connection,
    session: &mut Session,
    report: &mut FoldReport,
) -> rusqlite::Result<()> {
    let sql = "SELECT count(*), ifnull(sum(call_count), 0), ifnull(sum(activations_missed), 0)
                 FROM processes";
    let (Unsigned(processes), Unsigned(calls), Unsigned(missed)) = conn
        .prepare_cached(sql)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    (report.process_count, report.call_count, report.activations_missed) =
        (processes, calls, missed);
    (session.process_count, session.call_count) = (processes, calls);
    if session_row::read(conn, &session.id)? != *session {
        report.changed = true;
        session_row::write(conn, session)?;
    }
    Ok(())
}

impl OpenFile {
    fn new(conn: Connection, path: &Path) -> Self {
        Self { conn, place: Place::of(path), known: None, known_spans: None }
    }

    /// Writes batches in one transaction. Where that fails, what is known is read anew.
    fn store_spans(
        &mut self,
        mut known: KnownSpans,
        batches: &[SpanBatch],
        spans_max: u64,
    ) -> rusqlite::Result<()> {
        let transaction = Transaction::new(&mut self.conn, TransactionBehavior::Immediate)?;
        // What later batches would push out again is not written at all.
        let mut later: u64 = batches.iter().map(SpanBatch::sampled_count).sum();
        for batch in batches {
            later -= batch.sampled_count();
            known.fold(&transaction, batch, spans_max.saturating_sub(later))?;
        }
        transaction.commit()?;
        self.known_spans = Some(known);
        Ok(())
    }

    fn create(path: &Path, session: &Session) -> Result<Self, StoreError> {
        let fail = StoreError::sql(path);
        let mut conn = open::create(path)?;
        let mut known = Known::default();
        let transaction = conn.transaction().map_err(&fail)?;
        known.interner.store_first(&transaction).map_err(&fail)?;
        session_row::write(&transaction, session).map_err(&fail)?;
        transaction.commit().map_err(&fail)?;
        Ok(Self { known: Some(known), ..Self::new(conn, path) })
    }
}

/// When a file was last written, nanoseconds since the Unix epoch.
pub(crate) fn modified_unix_ns(path: &Path) -> Option<u64> {
    let modified = std::fs::metadata(path).ok()?.modified().ok()?;
    u64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
}
