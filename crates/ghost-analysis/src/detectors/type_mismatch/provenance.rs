//! Which contradictions come from tests only: those break contracts on purpose.
//!
//! Knows callers one step at a time; longer ways are followed from finding to finding.

use std::collections::{HashMap, HashSet};

use ghost_model::{FunctionId, Recording, TypeId};

use super::{Caller, Contradiction};
use crate::finding::Severity;
use crate::test_code::is_test_module;

/// Beginnings of the modules of test runners, which call on behalf of tests.
const TEST_RUNNERS: [&str; 3] = ["_pytest.", "pytest", "unittest."];

/// What a function is known to have been passed by tests only.
type FromTests = HashMap<FunctionId, HashSet<TypeId>>;

/// Makes findings low that only tests are the cause of, directly or through functions that merely
/// passed on what they got.
pub(super) fn lower_what_tests_pass(recording: &Recording, found: &mut [Contradiction]) {
    let mut from_tests = FromTests::new();
    loop {
        let before = from_tests.len();
        for contradiction in found.iter_mut() {
            if is_from_tests(recording, contradiction, &from_tests) {
                contradiction.finding.severity = Severity::Low;
                let types = contradiction.callers.iter().flat_map(Caller::types);
                from_tests.entry(contradiction.id).or_default().extend(types);
            }
        }
        if from_tests.len() == before {
            return;
        }
    }
}

fn is_from_tests(recording: &Recording, it: &Contradiction, from_tests: &FromTests) -> bool {
    if is_test_code(recording, it.id) {
        return true;
    }
    let innocent = |caller: &Caller| {
        is_test_code(recording, caller.id)
            || from_tests
                .get(&caller.id)
                .is_some_and(|types| caller.types().all(|passed| types.contains(&passed)))
    };
    it.only_parameters && !it.callers.is_empty() && it.callers.iter().all(innocent)
}

fn is_test_code(recording: &Recording, id: FunctionId) -> bool {
    let module = &recording.function(id).key.module;
    is_test_module(module) || TEST_RUNNERS.iter().any(|runner| module.starts_with(runner))
}

impl Caller {
    fn types(&self) -> impl Iterator<Item = TypeId> + '_ {
        self.passed.iter().map(|((_, passed), _)| *passed)
    }
}
