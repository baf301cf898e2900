//! `never_called`: functions that the source defines and that never ran.
//!
//! Methods of a class of which none ran are one finding, functions of a module that was never loaded
//! are one, and functions within functions that never ran are left to these. Reasons and what is left
//! out: `docs/detectors/never_called.md`.

mod candidates;

use std::collections::{BTreeMap, HashMap};

use ghost_model::{FunctionKey, counted};

use self::candidates::{Candidate, is_hook};
use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::finding::{FactValue, Finding, Place, Severity};
use crate::history::Ran;
use crate::source::{DefinedFunction, SourceModule};
use crate::words;

/// Sessions without a call after which a function is probably dead: two may be the same occasion.
const SESSIONS_MEDIUM: u64 = 3;

/// The detector.
#[derive(Debug)]
pub struct NeverCalled;

impl Detector for NeverCalled {
    fn name(&self) -> &'static str {
        "never_called"
    }

    fn summary(&self) -> &'static str {
        "A function is defined in the source and never ran."
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../../../docs/detectors/never_called.md")
    }

    fn detect(&self, evidence: &Evidence<'_>) -> Vec<Finding> {
        if evidence.history.is_partial() {
            return Vec::new();
        }
        let files = evidence.defining_files.iter().map(String::as_str);
        let sources = files.filter_map(|file| Some((file, evidence.sources.module(file)?)));
        sources
            .flat_map(|(file, source)| DefinedFile::new(evidence, file, source).findings())
            .collect()
    }
}

/// One file with what ran of it.
struct DefinedFile<'a> {
    evidence: &'a Evidence<'a>,
    file: &'a str,
    module: String,
    source: &'a SourceModule,
    candidates: Vec<Candidate<'a>>,
    /// Whether any definition of a name ran.
    is_called: HashMap<&'a str, bool>,
    /// Methods of each class, and whether any of them ran.
    classes: HashMap<&'a str, (usize, bool)>,
}

impl<'a> DefinedFile<'a> {
    fn new(evidence: &'a Evidence<'a>, file: &'a str, source: &'a SourceModule) -> Self {
        let module = evidence.history.module(file).map_or_else(|| module_name(file), str::to_owned);
        let candidates = candidates::of(&evidence.history, file, source);
        let (mut is_called, mut classes) = (HashMap::new(), HashMap::new());
        for Candidate { function, ran } in &candidates {
            *is_called.entry(function.qualname.as_str()).or_insert(false) |= ran.is_called();
            if let Some(class) = function.class.as_deref() {
                let (methods, called) = classes.entry(class).or_insert((0, false));
                *methods += 1;
                *called |= ran.is_called();
            }
        }
        Self { evidence, file, module, source, candidates, is_called, classes }
    }

    fn findings(&self) -> Vec<Finding> {
        let silent: Vec<&Candidate<'_>> =
            self.candidates.iter().filter(|candidate| !candidate.ran.is_called()).collect();
        if self.evidence.history.module(self.file).is_none() {
            return self.unloaded(&silent).into_iter().collect();
        }
        let mut findings = Vec::new();
        let mut by_class: BTreeMap<&str, Vec<&Candidate<'_>>> = BTreeMap::new();
        for candidate in silent {
            if self.is_inside_silent(candidate.function) {
                continue;
            }
            match &candidate.function.class {
                Some(class) if self.is_class_silent(class) => {
                    by_class.entry(class).or_default().push(candidate);
                }
                _ => findings.push(self.function(candidate)),
            }
        }
        findings.extend(by_class.iter().map(|(class, methods)| self.class(class, methods)));
        findings.extend(self.only_tests());
        findings
    }

    /// Whether the function that defines this one never ran: then that one says it all.
    fn is_inside_silent(&self, function: &DefinedFunction) -> bool {
        let mut outer = function.qualname.as_str();
        while let Some((before, _)) = outer.rsplit_once(".<locals>.") {
            outer = before;
            if self.is_called.get(outer) == Some(&false) {
                return true;
            }
        }
        false
    }

    /// Whether none of several methods of a class ran.
    fn is_class_silent(&self, class: &str) -> bool {
        self.classes.get(class).is_some_and(|&(methods, called)| methods > 1 && !called)
    }

    fn function(&self, candidate: &Candidate<'_>) -> Finding {
        let function = candidate.function;
        let severity = if is_hook(function.name()) { Severity::Low } else { self.severity() };
        let message = format!("defined but never called{}", self.sessions());
        let facts = vec![("session_count", FactValue::Count(self.session_count()))];
        self.finding(severity, &function.qualname, function.line, vec![message], facts)
    }

    fn class(&self, class: &str, methods: &[&Candidate<'_>]) -> Finding {
        let line = self.source.classes_named(class).map(|class| class.line).next();
        let used = self.evidence.history.is_type_seen(&self.module, class);
        let what = if used { "no method ever called" } else { "class never used" };
        let names: Vec<String> =
            methods.iter().map(|method| method.function.name().to_owned()).collect();
        let hooks_only = methods.iter().all(|method| is_hook(method.function.name()));
        let severity = if hooks_only { Severity::Low } else { self.severity() };
        let count = counted(methods.len() as u64, "method", "methods");
        let messages = vec![format!("{what}{}: {count}, {}", self.sessions(), words::list(&names))];
        let facts = vec![
            ("session_count", FactValue::Count(self.session_count())),
            ("methods", FactValue::Texts(names)),
        ];
        self.finding(severity, class, line.unwrap_or(0), messages, facts)
    }

    /// A file of which nothing ran, not even its body.
    fn unloaded(&self, silent: &[&Candidate<'_>]) -> Option<Finding> {
        let names: Vec<String> =
            silent.iter().map(|candidate| candidate.function.qualname.clone()).collect();
        let count = counted(names.len() as u64, "function", "functions");
        let messages = vec![
            format!("module never imported, or out of scope{}", self.sessions()),
            format!("it defines {count}: {}", words::list(&names)),
        ];
        let facts = vec![
            ("session_count", FactValue::Count(self.session_count())),
            ("functions", FactValue::Texts(names.clone())),
        ];
        let finding = self.finding(self.severity(), "<module>", 1, messages, facts);
        (!names.is_empty()).then_some(finding)
    }

    /// Functions that only tests call, though programs that are no tests load their module.
    fn only_tests(&self) -> Vec<Finding> {
        if !self.evidence.history.is_seen_outside_tests(self.file) {
            return Vec::new();
        }
        let only_tests = |candidate: &&Candidate<'_>| {
            let Ran { calls_from_tests, calls_from_elsewhere } = candidate.ran;
            calls_from_tests > 0 && calls_from_elsewhere == 0
        };
        let found = self.candidates.iter().filter(only_tests);
        found.map(|candidate| self.only_test(candidate.function, candidate.ran)).collect()
    }

    fn only_test(&self, function: &DefinedFunction, ran: Ran) -> Finding {
        let times = words::times(ran.calls_from_tests);
        let message = format!("called by tests only, {times}{}", self.sessions());
        let facts = vec![
            ("session_count", FactValue::Count(self.session_count())),
            ("calls_from_tests", FactValue::Count(ran.calls_from_tests)),
        ];
        self.finding(Severity::Low, &function.qualname, function.line, vec![message], facts)
    }

    fn finding(
        &self,
        severity: Severity,
        qualname: &str,
        line: u32,
        messages: Vec<String>,
        facts: Vec<(&'static str, FactValue)>,
    ) -> Finding {
        let function = FunctionKey { module: self.module.clone(), qualname: qualname.into(), line };
        Finding {
            detector: "never_called",
            severity,
            place: Place { function, file: self.file.to_owned(), line },
            subject: String::new(),
            messages,
            facts,
            related: vec![],
            weight: 0,
        }
    }

    fn session_count(&self) -> u64 {
        self.evidence.history.session_count()
    }

    fn severity(&self) -> Severity {
        if self.session_count() >= SESSIONS_MEDIUM { Severity::Medium } else { Severity::Low }
    }

    fn sessions(&self) -> String {
        match self.session_count() {
            0 | 1 => String::new(),
            count => format!(" in {count} sessions"),
        }
    }
}

/// What a file that was never loaded would be called: `shop/orders.py` is `shop.orders`.
fn module_name(file: &str) -> String {
    let stem = file.strip_suffix(".py").unwrap_or(file);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.trim_start_matches(['.', '/']).replace('/', ".")
}
