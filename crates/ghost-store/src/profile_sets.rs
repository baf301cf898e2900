//! Rows back into profiles: of all processes added up, or of each one apart.
//!
//! One pass over each table serves any number of processes.

use std::collections::HashMap;

use ghost_model::{
    ExceptionCount, FunctionId, FunctionKind, Profile, Recording, Signature, TypeId,
};
use rusqlite::{Connection, Row};

use crate::histogram_text;
use crate::recording_rows::{damage, each, functions, signatures, text, types};
use crate::schema::{BUDGET_SINCE, BY_CALLER_SINCE};
use crate::unsigned::Unsigned;
use crate::upgrade;

/// Recordings of the session, and which process's rows go into which.
///
/// They share the numbers of the session: an id means the same in each of them.
pub(crate) struct ProfileSets<'a> {
    conn: &'a Connection,
    /// Index into `recordings` by row number of the process; `None` collects all into the first.
    set_of: Option<HashMap<i64, usize>>,
    recordings: Vec<Recording>,
}

impl<'a> ProfileSets<'a> {
    /// One recording of all processes together.
    pub(crate) fn merged(conn: &'a Connection) -> rusqlite::Result<Recording> {
        let recordings = vec![empty_recording(conn)?];
        let sets = Self { conn, set_of: None, recordings }.filled()?;
        sets.into_iter().next().ok_or_else(|| damage("no recording"))
    }

    /// One recording of these processes together.
    pub(crate) fn merged_of(
        conn: &'a Connection,
        process_ids: &[i64],
    ) -> rusqlite::Result<Recording> {
        let set_of = process_ids.iter().map(|process_id| (*process_id, 0)).collect();
        let recordings = vec![empty_recording(conn)?];
        let sets = Self { conn, set_of: Some(set_of), recordings }.filled()?;
        let mut recording = sets.into_iter().next().ok_or_else(|| damage("no recording"))?;
        hide_uncalled(&mut recording);
        Ok(recording)
    }

    /// One recording per process, in the order of `process_ids`.
    pub(crate) fn apart(
        conn: &'a Connection,
        process_ids: &[i64],
    ) -> rusqlite::Result<Vec<Recording>> {
        let set_of = process_ids.iter().copied().zip(0..).collect();
        let recordings = vec![empty_recording(conn)?; process_ids.len()];
        let mut sets = Self { conn, set_of: Some(set_of), recordings }.filled()?;
        sets.iter_mut().for_each(hide_uncalled);
        Ok(sets)
    }

    fn filled(mut self) -> rusqlite::Result<Vec<Recording>> {
        self.add_stats()?;
        self.add_args()?;
        self.add_types("returns", |profile| &mut profile.returns)?;
        self.add_types("yields", |profile| &mut profile.yields)?;
        self.add_types("handled", |profile| &mut profile.handled)?;
        self.add_exceptions()?;
        self.add_callers()?;
        if upgrade::version(self.conn)? >= BY_CALLER_SINCE {
            self.add_args_by_caller()?;
            self.add_returns_by_caller()?;
        }
        Ok(self.recordings)
    }

    /// Hands every row of a table on, with the profile it belongs to. The first two columns are
    /// always the function and the process.
    fn each(
        &mut self,
        sql: &str,
        mut add: impl FnMut(&mut Profile, &Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let Self { conn, set_of, recordings } = self;
        each(conn, sql, |row| {
            let set = match set_of {
                None => 0,
                Some(set_of) => match set_of.get(&row.get(1)?) {
                    Some(set) => *set,
                    None => return Ok(()),
                },
            };
            let function: u32 = row.get(0)?;
            let recording = recordings.get_mut(set).ok_or_else(|| damage("no such process"))?;
            let profile = recording.profiles.get_mut(function as usize);
            add(profile.ok_or_else(|| damage("no such function"))?, row)
        })
    }

    fn add_stats(&mut self) -> rusqlite::Result<()> {
        let budget = upgrade::version(self.conn)? >= BUDGET_SINCE;
        let call_count_se = if budget { "call_count_se" } else { "0" };
        let sql = format!(
            "SELECT function_id, process_id, latency_ns_sum, latency_ns_min, latency_ns_max,
                    total_ns, self_ns, running_ns, latency_buckets, {call_count_se} FROM stats"
        );
        self.each(&sql, |profile, row| {
            let number = |column| row.get(column).map(|Unsigned(number)| number);
            let mut stats = Profile {
                latency_ns_sum: number(2)?,
                latency_ns_min: number(3)?,
                latency_ns_max: number(4)?,
                total_ns: number(5)?,
                self_ns: number(6)?,
                running_ns: number(7)?,
                call_count_se: number(9)?,
                ..Profile::default()
            };
            histogram_text::add_text(&mut stats.latency, text(row, 8)?)
                .ok_or_else(|| damage("bad histogram"))?;
            if *profile == Profile::default() {
                *profile = stats;
            } else {
                profile.merge(stats);
            }
            Ok(())
        })
    }

    /// The signatures of the session, with types that are there.
    fn signatures(&self) -> rusqlite::Result<Vec<Signature>> {
        let known = self.known_types();
        let signatures = signatures(self.conn)?;
        if signatures.iter().flatten().any(|id| id.index() >= known) {
            return Err(damage("no such type"));
        }
        Ok(signatures)
    }

    fn add_args(&mut self) -> rusqlite::Result<()> {
        let signatures = self.signatures()?;
        let sql = "SELECT function_id, process_id, signature_id, count FROM args";
        self.each(sql, |profile, row| {
            let (id, Unsigned(count)): (u32, _) = (row.get(2)?, row.get(3)?);
            let signature = signatures.get(id as usize).ok_or_else(|| damage("no signature"))?;
            add_count(&mut profile.args, signature, count);
            Ok(())
        })
    }

    fn add_types(
        &mut self,
        table: &str,
        list: impl Fn(&mut Profile) -> &mut Vec<(TypeId, u64)>,
    ) -> rusqlite::Result<()> {
        let known = self.known_types();
        let sql = format!("SELECT function_id, process_id, type_id, count FROM {table}");
        self.each(&sql, |profile, row| {
            let Unsigned(count) = row.get(3)?;
            add_count(list(profile), &type_id(row, 2, known)?, count);
            Ok(())
        })
    }

    fn add_exceptions(&mut self) -> rusqlite::Result<()> {
        let (known_types, known_functions) = (self.known_types(), self.known_functions());
        let sql = "SELECT function_id, process_id, type_id, caught_by, count FROM exceptions
                    ORDER BY function_id, process_id, rowid";
        self.each(sql, |profile, row| {
            let caught_by = row.get::<_, Option<u32>>(3)?.map(FunctionId);
            if caught_by.is_some_and(|id| id.index() >= known_functions) {
                return Err(damage("no such function"));
            }
            let Unsigned(count) = row.get(4)?;
            let exception = type_id(row, 2, known_types)?;
            profile.merge(Profile {
                exceptions: vec![ExceptionCount { exception, caught_by, count }],
                ..Profile::default()
            });
            Ok(())
        })
    }

    fn add_callers(&mut self) -> rusqlite::Result<()> {
        let known = self.known_functions();
        let sql = "SELECT function_id, process_id, caller_id, count FROM callers";
        self.each(sql, |profile, row| {
            let Unsigned(count) = row.get(3)?;
            add_count(&mut profile.callers, &function_id(row, 2, known)?, count);
            Ok(())
        })
    }

    fn add_args_by_caller(&mut self) -> rusqlite::Result<()> {
        let (known, signatures) = (self.known_functions(), self.signatures()?);
        let sql =
            "SELECT function_id, process_id, caller_id, signature_id, count FROM args_by_caller";
        self.each(sql, |profile, row| {
            let (id, Unsigned(count)): (u32, _) = (row.get(3)?, row.get(4)?);
            let signature = signatures.get(id as usize).ok_or_else(|| damage("no signature"))?;
            let pair = (function_id(row, 2, known)?, signature.clone());
            add_count(&mut profile.args_by_caller, &pair, count);
            Ok(())
        })
    }

    fn add_returns_by_caller(&mut self) -> rusqlite::Result<()> {
        let (known_types, known_functions) = (self.known_types(), self.known_functions());
        let sql =
            "SELECT function_id, process_id, caller_id, type_id, count FROM returns_by_caller";
        self.each(sql, |profile, row| {
            let Unsigned(count) = row.get(4)?;
            let pair = (function_id(row, 2, known_functions)?, type_id(row, 3, known_types)?);
            add_count(&mut profile.returns_by_caller, &pair, count);
            Ok(())
        })
    }

    fn known_types(&self) -> usize {
        self.recordings.first().map_or(0, |recording| recording.types.len())
    }

    fn known_functions(&self) -> usize {
        self.recordings.first().map_or(0, |recording| recording.functions.len())
    }
}

/// Makes functions external that were observed in another process only.
fn hide_uncalled(recording: &mut Recording) {
    for (function, profile) in recording.functions.iter_mut().zip(&recording.profiles) {
        if profile.args.is_empty() {
            function.kind = FunctionKind::External;
        }
    }
}

/// The types and functions of the session with empty profiles.
fn empty_recording(conn: &Connection) -> rusqlite::Result<Recording> {
    let (types, functions) = (types(conn)?, functions(conn)?);
    let profiles = vec![Profile::default(); functions.len()];
    Ok(Recording { types, functions, profiles, is_late: false })
}

fn type_id(row: &Row<'_>, column: usize, known: usize) -> rusqlite::Result<TypeId> {
    let id = TypeId(row.get(column)?);
    if id.index() < known { Ok(id) } else { Err(damage("no such type")) }
}

fn function_id(row: &Row<'_>, column: usize, known: usize) -> rusqlite::Result<FunctionId> {
    let id = FunctionId(row.get(column)?);
    if id.index() < known { Ok(id) } else { Err(damage("no such function")) }
}

fn add_count<K: PartialEq + Clone>(counts: &mut Vec<(K, u64)>, key: &K, count: u64) {
    match counts.iter_mut().find(|(existing, _)| existing == key) {
        Some((_, sum)) => *sum = sum.saturating_add(count),
        None => counts.push((key.clone(), count)),
    }
}
