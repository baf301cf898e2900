//! From a ledger to rows: what has changed since the last time, and nothing else.
//!
//! What was written last is kept in memory per process, so that an idle function costs one
//! comparison. Where it is not known (another `ghost` wrote it) the process is written anew.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use ghost_ledger::LedgerSnapshot;
use ghost_model::{
    CallTree, FunctionId, FunctionKind, Process, Profile, Recording, Signature, TypeId,
};
use rusqlite::{Connection, params};

use crate::activation_rows::{self, RowCounts, Stream};
use crate::call_tree_rows;
use crate::interner::Interner;
use crate::profile_rows;
use crate::run_folder::EventsKept;
use crate::span_function_rows;
use crate::unsigned::Unsigned;

/// What a fold found: totals of the whole session, however often it was folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoldReport {
    /// Calls over all processes.
    pub call_count: u64,
    /// Functions observed in any process.
    pub function_count: u64,
    /// Observed processes.
    pub process_count: u64,
    /// Processes that may still write to their ledger.
    pub running_count: u64,
    /// Sampled activations that were overwritten before a fold saw them.
    pub activations_missed: u64,
    /// Whether anything was written.
    pub changed: bool,
    /// Files that could not be used, where they are now, and why.
    pub broken: Vec<(PathBuf, String)>,
}

/// What the session file holds, as far as folding needs it.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) interner: Interner,
    pub(crate) processes: HashMap<String, KnownProcess>,
    pub(crate) row_counts: RowCounts,
    pub(crate) observed: HashSet<FunctionId>,
    /// Rows of activations within spans.
    pub(crate) span_function_count: u64,
}

/// One process as it was last written.
#[derive(Debug, Default)]
pub(crate) struct KnownProcess {
    pub(crate) process_id: i64,
    pub(crate) last_sequence: u64,
    pub(crate) activations_missed: u64,
    /// `None` where rows exist that somebody else wrote.
    written: Option<Written>,
}

impl KnownProcess {
    /// A process that is in the file already.
    pub(crate) fn stored(process_id: i64, last_sequence: u64, activations_missed: u64) -> Self {
        Self { process_id, last_sequence, activations_missed, written: None }
    }
}

/// The last snapshot of a process, and the session's numbers for its types and functions.
#[derive(Debug, Default)]
struct Written {
    process: Process,
    recording: Recording,
    call_tree: CallTree,
    types: Vec<TypeId>,
    functions: Vec<FunctionId>,
}

impl Known {
    /// Brings the rows of the process that wrote the ledger `name` up to date; tells whether any
    /// had to be written.
    pub(crate) fn fold(
        &mut self,
        conn: &Connection,
        name: &str,
        snapshot: LedgerSnapshot,
        kept: EventsKept,
    ) -> rusqlite::Result<bool> {
        let LedgerSnapshot { process, recording, call_tree, activations } = snapshot;
        let mut known = self.take_process(conn, name)?;
        let before = known.written.take().unwrap_or_default();
        let ids = self.number(conn, &before, &recording)?;
        let rows = changed_rows(&before, &recording, &ids);
        for (function_id, change) in &rows {
            profile_rows::write(conn, &mut self.interner, known.process_id, *function_id, change)?;
            if change.kind != FunctionKind::External {
                self.observed.insert(*function_id);
            }
        }
        let trees = [&before.call_tree, &call_tree];
        let has_grown = call_tree_rows::write(conn, known.process_id, &ids.1, trees)?;
        let stream = Stream {
            process_id: known.process_id,
            types: &ids.0,
            functions: &ids.1,
            last_sequence: known.last_sequence,
        };
        let counts = &mut self.row_counts;
        let arrived =
            activation_rows::write(conn, &mut self.interner, counts, &stream, &activations, kept)?;
        let new = activation_rows::since(&activations, stream.last_sequence);
        self.span_function_count += span_function_rows::write(conn, &stream, new)?;
        self.span_function_count = span_function_rows::trim(conn, self.span_function_count)?;
        let changed = !rows.is_empty()
            || has_grown
            || arrived.last_sequence != known.last_sequence
            || before.process != process;
        known.last_sequence = arrived.last_sequence;
        known.activations_missed = known.activations_missed.saturating_add(arrived.missed);
        if changed {
            write_process(conn, name, &known, &process, &recording)?;
        }
        let (types, functions) = ids;
        known.written = Some(Written { process, recording, call_tree, types, functions });
        self.processes.insert(name.to_owned(), known);
        Ok(changed)
    }

    /// The process as last written. One with rows of unknown content loses them here.
    fn take_process(&mut self, conn: &Connection, name: &str) -> rusqlite::Result<KnownProcess> {
        if let Some(known) = self.processes.remove(name) {
            if known.written.is_none() {
                profile_rows::clear(conn, known.process_id)?;
            }
            return Ok(known);
        }
        let process_id =
            self.processes.values().map(|known| known.process_id).max().map_or(1, |max| max + 1);
        Ok(KnownProcess { process_id, ..KnownProcess::default() })
    }

    /// The session's numbers for the types and functions of a recording.
    fn number(
        &mut self,
        conn: &Connection,
        before: &Written,
        recording: &Recording,
    ) -> rusqlite::Result<(Vec<TypeId>, Vec<FunctionId>)> {
        let types = if before.recording.types == recording.types && !before.types.is_empty() {
            before.types.clone()
        } else {
            self.interner.store_types(conn, &recording.types)?
        };
        let functions =
            if before.recording.functions == recording.functions && !before.functions.is_empty() {
                before.functions.clone()
            } else {
                self.interner.store_functions(conn, &recording.functions)?
            };
        Ok((types, functions))
    }

    /// Forgets what was written for processes whose ledger is gone.
    pub(crate) fn forget_rows_of(&mut self, name: &str) {
        if let Some(known) = self.processes.get_mut(name) {
            known.written = None;
        }
    }
}

/// The totals of one function that differ from what was written.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) kind: FunctionKind,
    pub(crate) profile: Profile,
    /// Rows of exceptions were written before; some of them may hold no longer.
    pub(crate) had_exceptions: bool,
}

/// What differs from what was written, by the session's numbers and in their order.
///
/// Two functions of a process can be one for the session (two lambdas on one line): their profiles
/// are added, and both count as changed when one is.
fn changed_rows(
    before: &Written,
    recording: &Recording,
    (types, functions): &(Vec<TypeId>, Vec<FunctionId>),
) -> BTreeMap<FunctionId, Change> {
    let written = |index: usize| {
        before.functions.get(index).and_then(|_| before.recording.profiles.get(index))
    };
    let profiles = || recording.profiles.iter().zip(functions).enumerate();
    let changed: HashSet<FunctionId> = profiles()
        .filter(|(index, (profile, _))| written(*index) != Some(*profile))
        .map(|(_, (_, id))| *id)
        .collect();
    let mut rows: BTreeMap<FunctionId, Change> = BTreeMap::new();
    for (index, (profile, id)) in profiles().filter(|(_, (_, id))| changed.contains(id)) {
        let kind = recording.functions.get(index).map_or(FunctionKind::External, |f| f.kind);
        let had_exceptions = written(index)
            .is_some_and(|before| !before.exceptions.is_empty() || !before.handled.is_empty());
        let profile = translate(profile, types, functions);
        match rows.get_mut(id) {
            None => {
                rows.insert(*id, Change { kind, profile, had_exceptions });
            }
            Some(change) => {
                if change.kind == FunctionKind::External {
                    change.kind = kind;
                }
                change.had_exceptions |= had_exceptions;
                change.profile.merge(profile);
            }
        }
    }
    rows.retain(|_, change| change.has_rows());
    rows
}

impl Change {
    /// An external function has rows only if it handled something.
    fn has_rows(&self) -> bool {
        let external = self.kind == FunctionKind::External;
        !external || self.had_exceptions || self.profile != Profile::default()
    }
}

/// A profile with the session's numbers instead of the ledger's.
fn translate(profile: &Profile, types: &[TypeId], functions: &[FunctionId]) -> Profile {
    let type_id = |id: &TypeId| types.get(id.index()).copied().unwrap_or(TypeId::OVERFLOW);
    let function = |id: &FunctionId| functions.get(id.index()).copied().unwrap_or(FunctionId::ROOT);
    let signature = |args: &Signature| args.iter().map(type_id).collect::<Signature>();
    // Different numbers of the ledger may be one for the session: merging adds their counts.
    let mut translated = Profile::default();
    let counts =
        |counts: &[(TypeId, u64)]| counts.iter().map(|(id, count)| (type_id(id), *count)).collect();
    translated.merge(Profile {
        args: profile.args.iter().map(|(args, count)| (signature(args), *count)).collect(),
        returns: counts(&profile.returns),
        yields: counts(&profile.yields),
        handled: counts(&profile.handled),
        exceptions: profile
            .exceptions
            .iter()
            .map(|exception| ghost_model::ExceptionCount {
                exception: type_id(&exception.exception),
                caught_by: exception.caught_by.as_ref().map(function),
                count: exception.count,
            })
            .collect(),
        callers: profile.callers.iter().map(|(id, count)| (function(id), *count)).collect(),
        args_by_caller: profile
            .args_by_caller
            .iter()
            .map(|((id, args), count)| ((function(id), signature(args)), *count))
            .collect(),
        returns_by_caller: profile
            .returns_by_caller
            .iter()
            .map(|((id, returned), count)| ((function(id), type_id(returned)), *count))
            .collect(),
        latency: profile.latency.clone(),
        ..*profile
    });
    translated
}

fn write_process(
    conn: &Connection,
    name: &str,
    known: &KnownProcess,
    process: &Process,
    recording: &Recording,
) -> rusqlite::Result<()> {
    let calls = recording.profiles.iter().map(Profile::call_count).fold(0, u64::saturating_add);
    let sql =
        "INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    conn.prepare_cached(sql)?.execute(params![
        known.process_id,
        name,
        process.pid,
        process.parent_pid,
        Unsigned(process.kernel_start_ticks),
        Unsigned(process.pid_namespace),
        Unsigned(process.start_unix_ns),
        process.end_unix_ns.map(Unsigned),
        process.python_version,
        Unsigned(process.call_cost_ps),
        process.state.as_str(),
        Unsigned(calls),
        Unsigned(known.last_sequence),
        Unsigned(known.activations_missed),
        Unsigned(process.own_cost_ns),
    ])?;
    conn.prepare_cached("DELETE FROM counters WHERE process_id = ?")?
        .execute([known.process_id])?;
    let mut insert = conn.prepare_cached("INSERT INTO counters VALUES (?, ?, ?)")?;
    for (counter, value) in &process.counters {
        insert.execute(params![known.process_id, counter.as_str(), Unsigned(*value)])?;
    }
    Ok(())
}
