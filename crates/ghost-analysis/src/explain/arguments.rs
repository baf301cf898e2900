//! The parameters of a function one by one: which types each of them held, and who passed them.

use std::collections::BTreeMap;

use ghost_model::{FunctionId, FunctionKey, Labels, Recording, TypeId};

use super::{Counts, TypesByCaller, sorted};

/// A declared parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name, with its stars.
    pub name: String,
    /// Its types, the commonest first.
    pub types: Vec<ArgumentType>,
}

/// A type that a parameter held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentType {
    /// Its name.
    pub name: String,
    /// Calls.
    pub count: u64,
    /// Who passed it, where there are several types and several callers, and they are known.
    pub callers: Counts<FunctionKey>,
}

/// Splits signatures into parameters. Calls counted under the signature `…` are of type `…` in each.
pub(super) fn arguments(
    recording: &Recording,
    id: FunctionId,
    by_caller: &TypesByCaller,
    labels: &Labels,
) -> Vec<Argument> {
    let parameters = &recording.functions[id.index()].parameters;
    let profile = &recording.profiles[id.index()];
    let declared = parameters.split(',').filter(|name| !name.is_empty());
    declared
        .enumerate()
        .map(|(position, name)| {
            let type_at = |signature: &[TypeId]| held(signature, position);
            let counts = profile.args.iter().map(|(types, count)| (type_at(types), *count));
            let mut callers: BTreeMap<TypeId, Vec<(FunctionKey, u64)>> = BTreeMap::new();
            for ((caller, types), count) in &by_caller.args {
                let key = recording.function(*caller).key.clone();
                callers.entry(type_at(types)).or_default().push((key, *count));
            }
            let types = sorted(counts);
            let is_mixed = types.len() > 1 && profile.callers.len() > 1;
            let types = types.into_iter().map(|(type_id, count)| ArgumentType {
                name: labels.type_name(type_id).to_owned(),
                count,
                callers: if is_mixed {
                    sorted(callers.remove(&type_id).unwrap_or_default())
                } else {
                    Vec::new()
                },
            });
            Argument { name: name.to_owned(), types: types.collect() }
        })
        .collect()
}

fn held(signature: &[TypeId], position: usize) -> TypeId {
    signature.get(position).copied().unwrap_or(TypeId::OVERFLOW)
}
