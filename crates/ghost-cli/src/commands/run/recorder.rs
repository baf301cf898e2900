//! The session of a running program: its run folder, its file, and the thread that folds the
//! ledgers into it.
//!
//! Everything that touches a disk while the program runs happens in that thread, so that a slow one
//! never holds up a signal, and at the end for no longer than [`FINISH_WAIT_MAX`].

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ghost_model::{Process, SessionId, SessionKind, SessionState, Span, SpanCounts};
use ghost_relay::SpanConsumer;
use ghost_store::{
    DataDir, Hold, NewSession, RunFolder, SessionEnd, SessionReader, SessionWriter, StoreError,
    recover,
};

use super::settings::{self, SettingsError};
use crate::args::Observing;
use crate::environment::{self, DataDirUnknown};
use crate::output::talk::with_causes;

/// Time between folds while the program is busy.
const FOLD_INTERVAL_MIN: Duration = Duration::from_secs(1);
/// Time between folds while nothing happens.
const FOLD_INTERVAL_MAX: Duration = Duration::from_secs(5);
/// Time between two looks at the rings of spans, while there are any: they have room for seconds.
const DRAIN_INTERVAL: Duration = Duration::from_millis(150);
/// Time between two looks whether there are any.
const DRAIN_INTERVAL_NONE: Duration = Duration::from_secs(1);
/// Time between two moments when spans are stored: a thousand at once cost a fraction of a thousand
/// alone, and until then they are in memory and in their rings.
const STORE_INTERVAL: Duration = Duration::from_secs(1);
/// Folding may take this part of one processor: one tenth.
const FOLD_SHARE_INVERSE: u32 = 10;
/// Emptying rings may take this part of one processor: one fifth. A ring that is not emptied often
/// enough overwrites, and counts it.
const DRAIN_SHARE_INVERSE: u32 = 5;
/// How long the end of the program waits for the last fold. Far more than the largest session
/// takes; a disk that hangs must not hang the program's caller. The ledgers remain.
const FINISH_WAIT_MAX: Duration = Duration::from_secs(10);

/// Whether spans that are read are stored too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Store {
    Now,
    Later,
}

/// What is recorded.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Program {
    /// How the session comes to it.
    pub(in crate::commands) kind: SessionKind,
    /// How sessions call it; never holds arguments or code.
    pub(in crate::commands) script: String,
    /// The folder it runs in.
    pub(in crate::commands) here: PathBuf,
    /// Folder its own code lies in, where that is known.
    pub(in crate::commands) folder: Option<PathBuf>,
    /// Whether somebody looks at it in a browser while it runs.
    pub(in crate::commands) is_served: bool,
}

/// How recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) struct Ended {
    /// Exit code of the program, where it ended and that is known.
    pub(in crate::commands) exit_code: Option<i32>,
    /// Finished or killed.
    pub(in crate::commands) state: SessionState,
}

/// Why a program runs without being recorded.
#[derive(Debug, thiserror::Error)]
pub(in crate::commands) enum RecorderError {
    /// No data folder.
    #[error(transparent)]
    DataDir(#[from] DataDirUnknown),
    /// The folder was removed while we are in it.
    #[error("the current folder does not exist any more")]
    NoCurrentFolder,
    /// Nothing to observe.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The session cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RecorderError {
    /// The way out.
    pub(in crate::commands) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::DataDir(_) => Some("set GHOST_DATA_DIR to a folder you can write to"),
            Self::Settings(_) | Self::NoCurrentFolder => None,
            Self::Store(error) => error.hint(),
        }
    }
}

impl Ended {
    /// Nobody knows how.
    pub(in crate::commands) const UNSEEN: Self =
        Self { exit_code: None, state: SessionState::Killed };
}

/// A session ready to be recorded.
pub(in crate::commands) struct Recorder {
    id: SessionId,
    data_dir: DataDir,
    folder: RunFolder,
    writer: SessionWriter,
    /// Ledgers and rings that could not be read so far, and why.
    broken: Vec<(PathBuf, String)>,
    /// Who else is to see the spans.
    consumers: Vec<Box<dyn SpanConsumer + Send>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Makes the session's files.
    pub(in crate::commands) fn create(
        arguments: &Observing,
        program: &Program,
    ) -> Result<Self, RecorderError> {
        let data_dir = DataDir::new(environment::data_root()?);
        let conf =
            settings::text(arguments, &program.here, program.folder.as_deref(), program.is_served)?;
        let start_unix_ns = now_unix_ns();
        let id = SessionId::new(start_unix_ns, salt());
        let folder = RunFolder::create(&data_dir, &id, &conf)?;
        let (script, kind) = (program.script.clone(), program.kind);
        let (name, note) = (arguments.name.clone(), arguments.note.clone());
        let new = NewSession { id: id.clone(), script, name, note, kind, pid: 0, start_unix_ns };
        let writer = SessionWriter::create(&data_dir, new).inspect_err(|_| {
            let _ = fs::remove_dir_all(folder.path());
        })?;
        Ok(Self { id, data_dir, folder, writer, broken: Vec::new(), consumers: Vec::new() })
    }

    /// Says to the program that it is observed for as long as the result lives.
    pub(in crate::commands) fn hold(&self) -> Result<Hold, StoreError> {
        self.folder.hold()
    }

    /// The session's id.
    pub(in crate::commands) fn id(&self) -> &SessionId {
        &self.id
    }

    /// Where the program's processes write their ledgers.
    pub(in crate::commands) fn run_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Hands every span to one more consumer, in the order they arrive.
    pub(in crate::commands) fn feed(&mut self, consumer: Box<dyn SpanConsumer + Send>) {
        self.consumers.push(consumer);
    }

    /// Removes a session whose program did not start.
    pub(in crate::commands) fn discard(self) {
        let path = self.data_dir.session_path(&self.id);
        drop(self.writer);
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            let _ = fs::remove_file(name);
        }
        let _ = fs::remove_dir_all(self.folder.path());
    }

    /// Begins to fold what the program records, in a thread of its own.
    pub(in crate::commands) fn follow(self, pid: u32) -> Recording {
        let (ended, endings) = mpsc::channel();
        let (outcome, outcomes) = mpsc::channel();
        let id = self.id.clone();
        let folding = move || {
            // Nobody listens only if the wait for this very message was given up.
            let _ = outcome.send(self.fold_until_end(pid, &endings));
        };
        // Without a thread the ledgers stay, and the next command folds them.
        let _ = thread::Builder::new().name("ghost-fold".into()).spawn(folding);
        Recording { id, ended, outcomes }
    }

    fn fold_until_end(mut self, pid: u32, endings: &Receiver<Ended>) -> Outcome {
        self.writer.set_pid(pid);
        // What earlier sessions left behind. Commands that show something report its failures.
        let _ = recover(&self.data_dir);
        let (mut interval, mut folded) = (FOLD_INTERVAL_MIN, Instant::now());
        let (mut drain_interval, mut stored) = (DRAIN_INTERVAL_NONE, Instant::now());
        loop {
            let until_fold = interval.saturating_sub(folded.elapsed());
            match endings.recv_timeout(until_fold.min(drain_interval)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(ended) => return self.finish(ended),
                Err(RecvTimeoutError::Disconnected) => return self.finish(Ended::UNSEEN),
            }
            let store = if stored.elapsed() < STORE_INTERVAL { Store::Later } else { Store::Now };
            drain_interval = self.drain(store);
            if store == Store::Now {
                stored = Instant::now();
            }
            if folded.elapsed() >= interval {
                interval = self.fold(interval);
                folded = Instant::now();
            }
        }
    }

    /// Takes what is new out of the rings; tells when to look again. A failure is not reported: what
    /// was read is kept for the next time.
    fn drain(&mut self, store: Store) -> Duration {
        let begin = Instant::now();
        let Self { folder, writer, consumers, broken, .. } = self;
        let mut listen = |process: &Process, spans: &[Span]| {
            for consumer in &mut *consumers {
                consumer.consume(process, spans);
            }
        };
        let drained = match store {
            Store::Now => writer.drain_spans(folder.path(), &mut listen),
            Store::Later => writer.collect_spans(folder.path(), &mut listen),
        };
        let found = drained.map_or(1, |drained| {
            for consumer in &mut *consumers {
                for (why, count) in &drained.lost {
                    consumer.miss(*why, *count);
                }
            }
            broken.extend(drained.broken);
            drained.ring_count
        });
        let wanted = if found > 0 { DRAIN_INTERVAL } else { DRAIN_INTERVAL_NONE };
        wanted.max(begin.elapsed() * DRAIN_SHARE_INVERSE)
    }

    /// Folds once. A failure is not reported: the next fold writes the same totals again, and the
    /// last one tells.
    fn fold(&mut self, interval: Duration) -> Duration {
        let begin = Instant::now();
        let changed = self.writer.fold(self.folder.path()).is_ok_and(|report| {
            self.broken.extend(report.broken);
            report.changed
        });
        next_interval(interval, changed, begin.elapsed())
    }

    fn finish(mut self, ended: Ended) -> Outcome {
        self.drain(Store::Now);
        let end = SessionEnd {
            end_unix_ns: now_unix_ns(),
            exit_code: ended.exit_code,
            state: ended.state,
        };
        let Self { id, data_dir, mut broken, writer, folder, .. } = self;
        let totals = writer.finish(end).and_then(|report| {
            broken.extend(report.broken);
            let reader = SessionReader::open(&data_dir, &id)?;
            let requests = reader.routes()?.into_iter().map(|(_, totals)| totals.request_count);
            let queries = reader.statements()?.into_iter().map(|(_, totals)| totals.query_count);
            Ok(Totals {
                call_count: report.call_count,
                function_count: report.function_count,
                processes: reader.processes()?,
                request_count: requests.fold(0, u64::saturating_add),
                query_count: queries.fold(0, u64::saturating_add),
                spans: reader.span_counts()?,
            })
        });
        // Unlocked only now: until here the folder was ours alone.
        drop(folder);
        Outcome { id, totals: totals.map_err(|error| with_causes(&error)), broken }
    }
}

/// Busy programs are folded often, quiet ones seldom, and slow folds never one after the other.
fn next_interval(interval: Duration, changed: bool, took: Duration) -> Duration {
    let wanted = if changed { FOLD_INTERVAL_MIN } else { interval + FOLD_INTERVAL_MIN };
    wanted.max(took * FOLD_SHARE_INVERSE).min(FOLD_INTERVAL_MAX)
}

/// A session that is being recorded.
#[derive(Debug)]
pub(in crate::commands) struct Recording {
    id: SessionId,
    ended: Sender<Ended>,
    outcomes: Receiver<Outcome>,
}

impl Recording {
    /// Completes the session.
    pub(in crate::commands) fn end(self, ended: Ended) -> Outcome {
        // The thread is gone if it never started; then no outcome comes either.
        let _ = self.ended.send(ended);
        self.outcomes.recv_timeout(FINISH_WAIT_MAX).unwrap_or_else(|_| Outcome {
            id: self.id,
            totals: Err("the disk did not answer in time".into()),
            broken: Vec::new(),
        })
    }
}

/// What became of a session.
#[derive(Debug)]
pub(in crate::commands) struct Outcome {
    /// Its id.
    pub(in crate::commands) id: SessionId,
    /// What was recorded, or why it is not complete.
    pub(in crate::commands) totals: Result<Totals, String>,
    /// Ledgers that could not be read, and why.
    pub(in crate::commands) broken: Vec<(PathBuf, String)>,
}

/// What was recorded.
#[derive(Debug, Default)]
pub(in crate::commands) struct Totals {
    /// Calls in all processes.
    pub(in crate::commands) call_count: u64,
    /// Functions that were called.
    pub(in crate::commands) function_count: u64,
    /// Observed processes.
    pub(in crate::commands) processes: Vec<Process>,
    /// Requests in all processes.
    pub(in crate::commands) request_count: u64,
    /// Queries in all processes.
    pub(in crate::commands) query_count: u64,
    /// Spans, and what became of them.
    pub(in crate::commands) spans: SpanCounts,
}

impl Totals {
    /// Whether nothing at all was seen of the program.
    pub(in crate::commands) fn is_empty(&self) -> bool {
        self.processes.is_empty() && self.spans == SpanCounts::default()
    }
}

fn now_unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Tells sessions of the same second apart. The standard hasher is seeded by the system.
fn salt() -> u32 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_follow_what_the_program_does() {
        let quick = Duration::from_millis(1);
        let quiet = next_interval(FOLD_INTERVAL_MIN, false, quick);
        assert_eq!(quiet, Duration::from_secs(2));
        assert_eq!(next_interval(quiet, true, quick), FOLD_INTERVAL_MIN);
        assert_eq!(next_interval(FOLD_INTERVAL_MAX, false, quick), FOLD_INTERVAL_MAX);
    }

    #[test]
    fn slow_folds_leave_the_processor_to_the_program() {
        let took = Duration::from_millis(300);
        assert_eq!(next_interval(FOLD_INTERVAL_MIN, true, took), Duration::from_secs(3));
        assert_eq!(next_interval(FOLD_INTERVAL_MIN, true, FOLD_INTERVAL_MAX), FOLD_INTERVAL_MAX);
    }
}
