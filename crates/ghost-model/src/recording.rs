//! What was seen of a program: its types, its functions and their profiles.
//!
//! One process has one recording; a session is the merge of those of its processes.

use std::collections::HashMap;

use crate::{
    Function, FunctionId, FunctionKey, FunctionKind, Profile, Signature, TypeId, TypeName,
};

/// Types, functions and profiles that refer to each other by index.
///
/// Invariants: `types[0]` is the overflow pseudo type `…`, `functions[0]` is the root (no caller),
/// and `profiles` runs parallel to `functions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Indexed by [`TypeId`].
    pub types: Vec<TypeName>,
    /// Indexed by [`FunctionId`].
    pub functions: Vec<Function>,
    /// Indexed by [`FunctionId`].
    pub profiles: Vec<Profile>,
    /// Whether observing began in the middle of the program: what ran before was not seen.
    pub is_late: bool,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            types: vec![TypeName::new("", "…")],
            functions: vec![root_function()],
            profiles: vec![Profile::default()],
            is_late: false,
        }
    }
}

fn root_function() -> Function {
    Function {
        key: FunctionKey { module: String::new(), qualname: "<root>".into(), line: 0 },
        file: String::new(),
        parameters: String::new(),
        kind: FunctionKind::External,
    }
}

impl Recording {
    /// Functions that were really observed, with their profiles: externals are left out.
    pub fn observed(&self) -> impl Iterator<Item = (FunctionId, &Function, &Profile)> {
        let ids = (0..).map(FunctionId);
        let all = ids.zip(&self.functions).zip(&self.profiles);
        all.filter(|((_, function), _)| function.kind != FunctionKind::External)
            .map(|((id, function), profile)| (id, function, profile))
    }

    /// The function with this id; the root where there is none.
    pub fn function(&self, id: FunctionId) -> &Function {
        self.functions.get(id.index()).unwrap_or(&self.functions[0])
    }

    /// Adds the recording of another process. Functions are the same where key and file are,
    /// types where module and qualified name are. Returns which functions its are here, by their index.
    pub fn merge(&mut self, other: Self) -> Vec<FunctionId> {
        self.is_late |= other.is_late;
        let mut merge = Merge::into(self);
        let types: Vec<TypeId> = other.types.into_iter().map(|name| merge.type_id(name)).collect();
        let functions: Vec<FunctionId> =
            other.functions.into_iter().map(|function| merge.function_id(function)).collect();
        for (profile, &id) in other.profiles.into_iter().zip(&functions) {
            let translated = translate(profile, &types, &functions);
            self.profiles[id.index()].merge(translated);
        }
        functions
    }
}

/// Look-up tables that live as long as one merge.
struct Merge<'a> {
    recording: &'a mut Recording,
    types: HashMap<(String, String), TypeId>,
    functions: HashMap<(FunctionKey, String), FunctionId>,
}

impl<'a> Merge<'a> {
    fn into(recording: &'a mut Recording) -> Self {
        let key = |name: &TypeName| (name.module.clone(), name.qualname.clone());
        let types = recording.types.iter().map(key).zip((0..).map(TypeId)).collect();
        let key = |function: &Function| (function.key.clone(), function.file.clone());
        let functions = recording.functions.iter().map(key).zip((0..).map(FunctionId)).collect();
        Self { recording, types, functions }
    }

    fn type_id(&mut self, name: TypeName) -> TypeId {
        let next = TypeId(self.recording.types.len() as u32);
        let id = *self.types.entry((name.module.clone(), name.qualname.clone())).or_insert(next);
        if id == next {
            self.recording.types.push(name);
        }
        id
    }

    fn function_id(&mut self, function: Function) -> FunctionId {
        let next = FunctionId(self.recording.functions.len() as u32);
        let key = (function.key.clone(), function.file.clone());
        let id = *self.functions.entry(key).or_insert(next);
        if id == next {
            self.recording.functions.push(function);
            self.recording.profiles.push(Profile::default());
        } else if self.recording.functions[id.index()].kind == FunctionKind::External {
            self.recording.functions[id.index()] = function;
        }
        id
    }
}

fn translate(profile: Profile, types: &[TypeId], functions: &[FunctionId]) -> Profile {
    let type_id = |id: TypeId| types.get(id.index()).copied().unwrap_or(TypeId::OVERFLOW);
    let function = |id: FunctionId| functions.get(id.index()).copied().unwrap_or(FunctionId::ROOT);
    let counts = |counts: Vec<(TypeId, u64)>| {
        counts.into_iter().map(|(id, count)| (type_id(id), count)).collect()
    };
    let args = profile.args.into_iter();
    let callers = profile.callers.into_iter();
    let signature = |args: Signature| args.into_iter().map(type_id).collect::<Signature>();
    let by_caller = profile.args_by_caller.into_iter();
    let by_caller = by_caller.map(|((id, args), count)| ((function(id), signature(args)), count));
    let returned = profile.returns_by_caller.into_iter();
    let returned = returned.map(|((id, result), count)| ((function(id), type_id(result)), count));
    let exceptions = profile.exceptions.into_iter().map(|mut exception| {
        exception.exception = type_id(exception.exception);
        exception.caught_by = exception.caught_by.map(function);
        exception
    });
    Profile {
        args: args.map(|(args, count)| (signature(args), count)).collect(),
        returns: counts(profile.returns),
        yields: counts(profile.yields),
        handled: counts(profile.handled),
        exceptions: exceptions.collect(),
        callers: callers.map(|(id, count)| (function(id), count)).collect(),
        args_by_caller: by_caller.collect(),
        returns_by_caller: returned.collect(),
        ..profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(qualname: &str, type_name: &str) -> Recording {
        let mut recording = Recording::default();
        recording.types.push(TypeName::new("builtins", type_name));
        recording.functions.push(Function {
            key: FunctionKey { module: "app".into(), qualname: qualname.into(), line: 1 },
            file: "app.py".into(),
            parameters: "n".into(),
            kind: FunctionKind::Function,
        });
        recording.profiles.push(Profile {
            args: vec![(vec![TypeId(1)], 3)],
            callers: vec![(FunctionId::ROOT, 1), (FunctionId(1), 2)],
            ..Profile::default()
        });
        recording
    }

    #[test]
    fn the_same_function_of_two_processes_is_one() {
        let mut merged = recording("fib", "int");
        merged.merge(recording("fib", "float"));
        merged.merge(recording("other", "int"));
        let calls: Vec<_> =
            merged.observed().map(|(_, f, p)| (f.key.qualname.clone(), p.call_count())).collect();
        assert_eq!(calls, [("fib".to_owned(), 6), ("other".to_owned(), 3)]);
        assert_eq!(merged.profiles[1].args, [(vec![TypeId(1)], 3), (vec![TypeId(2)], 3)]);
        assert_eq!(merged.profiles[2].callers[1], (FunctionId(2), 2));
    }

    #[test]
    fn merging_into_nothing_changes_nothing() {
        let mut merged = Recording::default();
        merged.merge(recording("fib", "int"));
        assert_eq!(merged, recording("fib", "int"));
    }
}
