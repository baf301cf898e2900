//! Where exceptions came from and where they ended, function by function.

use std::collections::HashMap;

use ghost_model::{FunctionId, Profile, Recording, TypeId};

/// Exceptions of one type that left one function and were ended by one other, or by none that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escape {
    /// Type of the exceptions.
    pub exception: TypeId,
    /// The function they left.
    pub function: FunctionId,
    /// Whose handler ended them.
    pub caught_by: Option<FunctionId>,
    /// How many left the function.
    pub count: u64,
    /// Of them those that began in it: the others came from functions it called.
    pub raised_count: u64,
}

/// Every such group, in the order of the recording. A function that only let an exception pass is no origin:
/// what its callees raised with the same type and end is taken off, as far as it called them.
pub fn escapes(recording: &Recording) -> Vec<Escape> {
    let mut all: Vec<Escape> =
        recording.observed().flat_map(|(id, _, profile)| left(id, profile)).collect();
    let mut passed: HashMap<(FunctionId, TypeId, Option<FunctionId>), u64> = HashMap::new();
    for escape in &all {
        let Some(profile) = recording.profiles.get(escape.function.index()) else { continue };
        for &(caller, calls) in &profile.callers {
            if caller != escape.function {
                let key = (caller, escape.exception, escape.caught_by);
                let sum = passed.entry(key).or_default();
                *sum = sum.saturating_add(calls.min(escape.count));
            }
        }
    }
    for escape in &mut all {
        let key = (escape.function, escape.exception, escape.caught_by);
        let passed = passed.get(&key).copied().unwrap_or(0);
        escape.raised_count = escape.count.saturating_sub(passed);
    }
    all
}

fn left(function: FunctionId, profile: &Profile) -> impl Iterator<Item = Escape> + '_ {
    profile.exceptions.iter().map(move |entry| Escape {
        exception: entry.exception,
        function,
        caught_by: entry.caught_by,
        count: entry.count,
        raised_count: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{ExceptionCount, Function, FunctionKey, FunctionKind, TypeName};

    /// `sync` calls `check`, `check` calls `validate`; functions 1, 2, 3. Nobody catches what leaves `sync`.
    fn chain(from_check: u64, from_validate: u64) -> Recording {
        let mut recording = Recording::default();
        recording.types.push(TypeName::new("builtins", "ValueError"));
        let caught =
            |count| ExceptionCount { exception: TypeId(1), caught_by: Some(FunctionId(1)), count };
        let uncaught = ExceptionCount { exception: TypeId(1), caught_by: None, count: 1 };
        for (qualname, caller, exceptions) in [
            ("sync", FunctionId::ROOT, vec![uncaught]),
            ("check", FunctionId(1), vec![caught(from_check)]),
            ("validate", FunctionId(2), vec![caught(from_validate)]),
        ] {
            recording.functions.push(Function {
                key: FunctionKey { module: "shop".into(), qualname: qualname.into(), line: 1 },
                file: "shop.py".into(),
                parameters: String::new(),
                kind: FunctionKind::Function,
            });
            recording.profiles.push(Profile {
                args: vec![(vec![], 100)],
                callers: vec![(caller, 100)],
                exceptions,
                ..Profile::default()
            });
        }
        recording
    }

    fn raised(recording: &Recording) -> Vec<(u32, u64, u64)> {
        let escapes = escapes(recording).into_iter();
        escapes.map(|escape| (escape.function.0, escape.count, escape.raised_count)).collect()
    }

    #[test]
    fn a_function_that_lets_an_exception_pass_did_not_raise_it() {
        assert_eq!(raised(&chain(18, 18)), [(1, 1, 1), (2, 18, 0), (3, 18, 18)]);
    }

    #[test]
    fn what_it_raised_itself_stays() {
        assert_eq!(raised(&chain(19, 18)), [(1, 1, 1), (2, 19, 1), (3, 18, 18)]);
    }
}
