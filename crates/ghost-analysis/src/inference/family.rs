//! Methods that override each other are annotated so that they agree: whoever can be called in the
//! place of another takes at least what the other takes, and returns no more.
//!
//! Which class derives from which is taken from the recorded method resolution orders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ghost_model::{Recording, TypeName};

use super::observation::{Observation, Place, Seen};

/// The observations with those of overriding and overridden methods added: to parameters those of
/// the whole family, to returned and yielded values those of the methods that override it.
pub fn with_overrides(
    observations: &BTreeMap<Place, Observation>,
    recording: &Recording,
) -> BTreeMap<Place, Observation> {
    let methods = Methods::of(observations);
    let mut agreed = observations.clone();
    for (overridden, overriding) in methods.pairs(&recording.types) {
        // Copied from the originals, so that the order of pairs does not matter.
        let (Some(base), Some(derived)) =
            (observations.get(overridden), observations.get(overriding))
        else {
            continue;
        };
        if let Some(agreed) = agreed.get_mut(overridden) {
            agreed.returns.merge(&derived.returns);
            agreed.yields.merge(&derived.yields);
            add_parameters(agreed, derived);
        }
        if let Some(agreed) = agreed.get_mut(overriding) {
            add_parameters(agreed, base);
        }
    }
    agreed
}

fn add_parameters(to: &mut Observation, from: &Observation) {
    // The first is the object itself, whose type nobody annotates.
    for (mine, theirs) in to.parameters.iter_mut().zip(&from.parameters).skip(1) {
        if mine.0 == theirs.0 {
            add(&mut mine.1, &theirs.1);
        }
    }
}

fn add(to: &mut Seen, from: &Seen) {
    to.merge(from);
}

/// Observed methods by the full name of their class.
struct Methods<'a> {
    by_class: HashMap<String, Vec<(&'a str, &'a Place)>>,
}

impl<'a> Methods<'a> {
    fn of(observations: &'a BTreeMap<Place, Observation>) -> Self {
        let mut by_class: HashMap<String, Vec<(&str, &Place)>> = HashMap::new();
        for (place, observation) in observations {
            let Some((class, method)) = place.qualname.rsplit_once('.') else { continue };
            // Constructors are never called in each other's place.
            if class.ends_with("<locals>") || matches!(method, "__init__" | "__new__") {
                continue;
            }
            let full = format!("{}.{class}", observation.module);
            by_class.entry(full).or_default().push((method, place));
        }
        Self { by_class }
    }

    /// Every (overridden, overriding) pair that some recorded type has.
    fn pairs(&self, types: &[TypeName]) -> BTreeSet<(&'a Place, &'a Place)> {
        let mut pairs = BTreeSet::new();
        for name in types.iter().filter(|name| name.mro.len() > 2) {
            // From the most derived on: the methods of this name that come later are overridden.
            let mut earlier: HashMap<&str, Vec<&Place>> = HashMap::new();
            let classes = name.mro.iter().filter_map(|class| self.by_class.get(class));
            for &(method, place) in classes.flatten() {
                let overriding = earlier.entry(method).or_default();
                pairs.extend(overriding.iter().map(|&earlier| (place, earlier)));
                overriding.push(place);
            }
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{FunctionKind, TypeId};

    fn place(qualname: &str) -> Place {
        Place { file: "shapes.py".into(), qualname: qualname.into(), line: 1 }
    }

    fn seen(ids: &[u32]) -> Seen {
        Seen { types: ids.iter().map(|&id| (TypeId(id), 1)).collect() }
    }

    fn method(argument: &[u32], returns: &[u32]) -> Observation {
        Observation {
            module: "shapes".into(),
            kind: FunctionKind::Function,
            call_count: 1,
            parameters: vec![("self".into(), seen(&[9])), ("scale".into(), seen(argument))],
            returns: seen(returns),
            yields: Seen::default(),
        }
    }

    #[test]
    fn parameters_are_shared_both_ways_and_results_upwards() {
        let mut circle = TypeName::new("shapes", "Circle");
        circle.mro = ["shapes.Circle", "shapes.Shape", "object"].map(String::from).into();
        let recording = Recording { types: vec![circle], ..Recording::default() };
        let observations = BTreeMap::from([
            (place("Shape.area"), method(&[1], &[3])),
            (place("Circle.area"), method(&[2], &[4])),
            (place("Other.area"), method(&[5], &[5])),
        ]);
        let agreed = with_overrides(&observations, &recording);
        let all: BTreeSet<TypeId> = [1, 2].map(TypeId).into();
        for (qualname, returns) in [("Shape.area", vec![3, 4]), ("Circle.area", vec![4])] {
            let agreed = &agreed[&place(qualname)];
            assert_eq!(agreed.parameters[1].1.types.keys().copied().collect::<BTreeSet<_>>(), all);
            let ids: Vec<u32> = agreed.returns.types.keys().map(|id| id.0).collect();
            assert_eq!(ids, returns);
        }
        assert_eq!(agreed[&place("Other.area")], observations[&place("Other.area")]);
    }
}
