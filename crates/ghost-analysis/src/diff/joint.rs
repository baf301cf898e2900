//! Two recordings under one numbering: the same function and the same type have the same number.
//!
//! Functions are paired by [`super::matching`]; types are the same where module and qualified name
//! are.

use std::collections::HashMap;

use ghost_model::{
    Function, FunctionId, FunctionKey, FunctionKind, Profile, Recording, Signature, TypeId,
    TypeName, type_label,
};

use super::Called;
use super::matching::{self, Match};
use super::novelty::Novelty;

/// Two recordings, and what is the same in them.
#[derive(Debug)]
pub(super) struct Joint<'a> {
    before: &'a Recording,
    after: &'a Recording,
    matches: Vec<Match>,
    /// For each function of a side, its place in `matches`.
    slots: [Vec<u32>; 2],
    /// For each type of a side, its place in `labels`.
    types: [Vec<TypeId>; 2],
    labels: Vec<String>,
}

/// A function on both sides; `None` where it was not called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) before: Option<Called<'a>>,
    pub(super) after: Option<Called<'a>>,
}

impl Pair<'_> {
    /// Whether it is the body of a module or class.
    pub(super) fn is_body(&self) -> bool {
        self.after.or(self.before).is_some_and(|called| called.is_body())
    }
}

impl<'a> Joint<'a> {
    pub(super) fn new(before: &'a Recording, after: &'a Recording) -> Self {
        let matches = matching::matches(&before.functions, &after.functions);
        let slot_of = |side: fn(&Match) -> Option<FunctionId>, count: usize| {
            let mut slots = vec![0; count];
            for (slot, found) in (0..).zip(&matches) {
                if let Some(place) = side(found).and_then(|id| slots.get_mut(id.index())) {
                    *place = slot;
                }
            }
            slots
        };
        let slots = [
            slot_of(|found| found.before, before.functions.len()),
            slot_of(|found| found.after, after.functions.len()),
        ];
        let (types, names) = joint_types([&before.types, &after.types]);
        Self { before, after, matches, slots, types, labels: type_label(&names) }
    }

    /// Every observed function that was called on at least one side.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Pair<'a>> + '_ {
        self.matches.iter().filter_map(|found| {
            let before = found.before.and_then(|id| called(self.before, id));
            let after = found.after.and_then(|id| called(self.after, id));
            (before.is_some() || after.is_some()).then_some(Pair { before, after })
        })
    }

    pub(super) fn signatures(&self, old: &Profile, new: &Profile) -> Novelty<String> {
        let counts = |side: usize, profile: &Profile| {
            let joined = |signature: &Signature| -> Signature {
                signature.iter().map(|id| self.type_id(side, *id)).collect()
            };
            profile.args.iter().map(|(types, count)| (joined(types), *count)).collect()
        };
        let changed = Novelty::between(counts(0, old), counts(1, new), |types: &Signature| {
            types.contains(&TypeId::OVERFLOW)
        });
        changed.map(|types| {
            let names: Vec<&str> = types.iter().map(|id| self.label(*id)).collect();
            format!("({})", names.join(", "))
        })
    }

    pub(super) fn returns(&self, old: &Profile, new: &Profile) -> Novelty<String> {
        self.type_novelty(&old.returns, &new.returns)
    }

    pub(super) fn exceptions(&self, old: &Profile, new: &Profile) -> Novelty<String> {
        let counts = |profile: &Profile| -> Vec<(TypeId, u64)> {
            profile.exceptions.iter().map(|entry| (entry.exception, entry.count)).collect()
        };
        self.type_novelty(&counts(old), &counts(new))
    }

    pub(super) fn callers(&self, old: &Profile, new: &Profile) -> Novelty<FunctionKey> {
        let counts = |side: usize, profile: &Profile| {
            let slot = |id: FunctionId| self.slots[side].get(id.index()).copied().unwrap_or(0);
            profile.callers.iter().map(|(id, count)| (slot(*id), *count)).collect()
        };
        let function = |slot: u32| -> Option<&Function> {
            let found = self.matches.get(slot as usize)?;
            let after = found.after.map(|id| self.after.function(id));
            after.or_else(|| found.before.map(|id| self.before.function(id)))
        };
        let is_overflow = |slot: &u32| {
            function(*slot).is_some_and(|function| function.kind == FunctionKind::Overflow)
        };
        let changed = Novelty::between(counts(0, old), counts(1, new), is_overflow);
        let unknown = &self.before.functions[0];
        changed.map(|slot| function(slot).unwrap_or(unknown).key.clone())
    }

    fn type_novelty(&self, old: &[(TypeId, u64)], new: &[(TypeId, u64)]) -> Novelty<String> {
        let counts = |side: usize, counts: &[(TypeId, u64)]| {
            counts.iter().map(|(id, count)| (self.type_id(side, *id), *count)).collect()
        };
        let changed =
            Novelty::between(counts(0, old), counts(1, new), |id: &TypeId| *id == TypeId::OVERFLOW);
        changed.map(|id| self.label(id).to_owned())
    }

    fn type_id(&self, side: usize, id: TypeId) -> TypeId {
        self.types[side].get(id.index()).copied().unwrap_or(TypeId::OVERFLOW)
    }

    fn label(&self, id: TypeId) -> &str {
        self.labels.get(id.index()).map_or("…", String::as_str)
    }
}

fn called(recording: &Recording, id: FunctionId) -> Option<Called<'_>> {
    let function = recording.functions.get(id.index())?;
    let profile = recording.profiles.get(id.index())?;
    let call_count = profile.call_count();
    let counts = !matches!(function.kind, FunctionKind::External | FunctionKind::Overflow);
    (counts && call_count > 0).then_some(Called { id, function, profile, call_count })
}

/// One number for each type of either side. The first is `…`, as in every recording.
fn joint_types<'a>(sides: [&'a [TypeName]; 2]) -> ([Vec<TypeId>; 2], Vec<TypeName>) {
    let mut names = vec![TypeName::new("", "…")];
    let mut ids = HashMap::from([(("", "…"), TypeId::OVERFLOW)]);
    let numbered = sides.map(|types| {
        let number = |name: &'a TypeName| {
            let TypeName { module, qualname, .. } = name;
            *ids.entry((module.as_str(), qualname.as_str())).or_insert_with(|| {
                names.push(TypeName::new(module, qualname));
                TypeId((names.len() - 1) as u32)
            })
        };
        types.iter().map(number).collect()
    });
    (numbered, names)
}
