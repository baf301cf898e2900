//! Which functions ran at all, over one session or many, and whether anything but tests called them.
//!
//! Holds one small entry per function, so that many sessions can be added one after another.

use std::collections::HashMap;

use ghost_model::{FunctionKey, FunctionKind, Recording};

use crate::test_code::is_test_module;

/// What is known of one function over all sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Calls from functions of test modules.
    pub calls_from_tests: u64,
    /// All other calls.
    pub calls_from_elsewhere: u64,
}

/// What is known of one file over all sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct SeenFile {
    /// The module it was loaded as.
    module: String,
    /// Whether its module body was seen to run.
    imported: bool,
    /// Whether it was also loaded in a session without tests.
    outside_tests: bool,
    functions: HashMap<String, Vec<(u32, Ran)>>,
}

/// What ran, by file and qualified name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    files: HashMap<String, SeenFile>,
    type_names: std::collections::HashSet<(String, String)>,
    session_count: u64,
    has_overflow: bool,
    has_late_start: bool,
}

impl History {
    /// Of one session.
    pub fn of(recording: &Recording) -> Self {
        let mut history = Self::default();
        history.add(recording);
        history
    }

    /// Adds a session.
    pub fn add(&mut self, recording: &Recording) {
        let is_test: Vec<bool> = recording
            .functions
            .iter()
            .map(|function| is_test_module(&function.key.module))
            .collect();
        let has_tests = recording.observed().any(|(id, ..)| is_test[id.index()]);
        // What was attached to was not seen from its beginning: calls count, their absence does not.
        self.has_late_start |= recording.is_late;
        self.session_count += u64::from(!recording.is_late);
        for (_, function, profile) in recording.observed() {
            let calls = profile.call_count();
            if function.kind == FunctionKind::Overflow {
                self.has_overflow |= calls > 0;
                continue;
            }
            let file = self.files.entry(function.file.clone()).or_default();
            if file.module.is_empty() || function.kind == FunctionKind::Module {
                file.module.clone_from(&function.key.module);
            }
            file.imported |= function.kind == FunctionKind::Module && calls > 0;
            file.outside_tests |= !has_tests;
            let from_tests = profile
                .callers
                .iter()
                .filter(|(id, _)| is_test.get(id.index()).copied().unwrap_or(false));
            let from_tests: u64 = from_tests.map(|(_, count)| count).sum();
            let ran = Ran {
                calls_from_tests: from_tests.min(calls),
                calls_from_elsewhere: calls.saturating_sub(from_tests),
            };
            file.add(&function.key, ran);
        }
        let types = recording.types.iter();
        self.type_names.extend(types.map(|name| (name.module.clone(), name.qualname.clone())));
    }

    /// Sessions that were added, but for those that began in the middle of their program.
    pub fn session_count(&self) -> u64 {
        self.session_count
    }

    /// Whether nothing can be said to have never run: some functions were beyond the bound, or no
    /// session saw its program from the beginning.
    pub fn is_partial(&self) -> bool {
        self.has_overflow || self.is_late()
    }

    /// Whether all sessions began in the middle of their program.
    pub fn is_late(&self) -> bool {
        self.has_late_start && self.session_count == 0
    }

    /// Files of which something was observed, in order.
    pub fn files(&self) -> Vec<&str> {
        let mut files: Vec<&str> = self.files.keys().map(String::as_str).collect();
        files.sort_unstable();
        files
    }

    /// The module a file was loaded as; `None` where nothing of it was observed.
    pub fn module(&self, file: &str) -> Option<&str> {
        self.files.get(file).map(|seen| seen.module.as_str())
    }

    /// Whether the body of a file's module ran.
    pub fn is_imported(&self, file: &str) -> bool {
        self.files.get(file).is_some_and(|seen| seen.imported)
    }

    /// Whether a file was also loaded by a session without tests.
    pub fn is_seen_outside_tests(&self, file: &str) -> bool {
        self.files.get(file).is_some_and(|seen| seen.outside_tests)
    }

    /// Whether a value of this type was passed, returned, yielded or raised.
    pub fn is_type_seen(&self, module: &str, qualname: &str) -> bool {
        self.type_names.contains(&(module.to_owned(), qualname.to_owned()))
    }

    /// What is known of a function. `lines` are those at which the source defines this name: where
    /// some recorded line is none of them the source was changed, and all lines count.
    pub fn ran(&self, file: &str, qualname: &str, line: u32, lines: &[u32]) -> Ran {
        let Some(seen) = self.files.get(file).and_then(|file| file.functions.get(qualname)) else {
            return Ran::default();
        };
        let exact = seen.iter().all(|(line, _)| lines.contains(line));
        let matching = seen.iter().filter(|(other, _)| !exact || *other == line);
        matching.fold(Ran::default(), |sum, (_, ran)| sum.plus(*ran))
    }
}

impl SeenFile {
    fn add(&mut self, key: &FunctionKey, ran: Ran) {
        let lines = self.functions.entry(key.qualname.clone()).or_default();
        match lines.iter_mut().find(|(line, _)| *line == key.line) {
            Some((_, sum)) => *sum = sum.plus(ran),
            None => lines.push((key.line, ran)),
        }
    }
}

impl Ran {
    /// Whether it ran at all.
    pub fn is_called(self) -> bool {
        self.calls_from_tests > 0 || self.calls_from_elsewhere > 0
    }

    fn plus(self, other: Self) -> Self {
        Self {
            calls_from_tests: self.calls_from_tests.saturating_add(other.calls_from_tests),
            calls_from_elsewhere: self
                .calls_from_elsewhere
                .saturating_add(other.calls_from_elsewhere),
        }
    }
}
