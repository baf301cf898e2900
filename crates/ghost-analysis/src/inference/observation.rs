//! What was seen of one function of the source, over all names its module ran under.
//!
//! A script runs as `__main__`, and as itself where it is imported; its functions are the same.

use std::collections::BTreeMap;

use ghost_model::{Function, FunctionKind, Profile, Recording, TypeId};

use crate::source::{DefinedFunction, SourceModule};

/// Types and how often each was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// By type, each once.
    pub types: BTreeMap<TypeId, u64>,
}

impl Seen {
    /// Adds some of one type.
    pub fn add(&mut self, id: TypeId, count: u64) {
        let slot = self.types.entry(id).or_insert(0);
        *slot = slot.saturating_add(count);
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        other.types.iter().for_each(|(&id, &count)| self.add(id, count));
    }
}

impl<'a> FromIterator<&'a (TypeId, u64)> for Seen {
    fn from_iter<I: IntoIterator<Item = &'a (TypeId, u64)>>(counts: I) -> Self {
        let mut seen = Self::default();
        counts.into_iter().for_each(|&(id, count)| seen.add(id, count));
        seen
    }
}

/// Where a function is in the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Source file, as recorded.
    pub file: String,
    /// As `co_qualname`.
    pub qualname: String,
    /// As `co_firstlineno`.
    pub line: u32,
}

/// Everything seen of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Its module, as the first recording of it names it.
    pub module: String,
    /// Which kind of function.
    pub kind: FunctionKind,
    /// Calls.
    pub call_count: u64,
    /// Its declared parameters in order, stars left out; `self` among them.
    pub parameters: Vec<(String, Seen)>,
    /// Returned values.
    pub returns: Seen,
    /// Yielded values.
    pub yields: Seen,
}

/// All functions of a recording that a source file defines by a statement.
pub fn observations(recording: &Recording) -> BTreeMap<Place, Observation> {
    let mut all: BTreeMap<Place, Observation> = BTreeMap::new();
    for (_, function, profile) in recording.observed().filter(|(_, f, _)| is_defined(f)) {
        let key = &function.key;
        let place =
            Place { file: function.file.clone(), qualname: key.qualname.clone(), line: key.line };
        let observation = observe(function, profile);
        match all.get_mut(&place) {
            Some(known) => known.merge(&observation),
            None => {
                all.insert(place, observation);
            }
        }
    }
    all
}

/// Neither a body of a class or module, nor code made from text, nor an anonymous function.
fn is_defined(function: &Function) -> bool {
    let kind = matches!(
        function.kind,
        FunctionKind::Function
            | FunctionKind::Generator
            | FunctionKind::Coroutine
            | FunctionKind::AsyncGenerator
    );
    kind && !function.file.starts_with('<') && !function.key.qualname.ends_with('>')
}

fn observe(function: &Function, profile: &Profile) -> Observation {
    let names = function.parameters.split(',').filter(|name| !name.is_empty());
    let mut parameters: Vec<(String, Seen)> =
        names.map(|name| (name.trim_start_matches('*').to_owned(), Seen::default())).collect();
    for (signature, count) in &profile.args {
        for (at, (_, seen)) in parameters.iter_mut().enumerate() {
            // A signature beyond the bound has one entry that stands for all.
            seen.add(signature.get(at).copied().unwrap_or(TypeId::OVERFLOW), *count);
        }
    }
    Observation {
        module: function.key.module.clone(),
        kind: function.kind,
        call_count: profile.call_count(),
        parameters,
        returns: profile.returns.iter().collect(),
        yields: profile.yields.iter().collect(),
    }
}

impl Observation {
    /// Adds what was seen of the same function under another module name.
    fn merge(&mut self, other: &Self) {
        if super::naming::is_main(&self.module) {
            self.module.clone_from(&other.module);
        }
        self.call_count = self.call_count.saturating_add(other.call_count);
        self.returns.merge(&other.returns);
        self.yields.merge(&other.yields);
        for (name, seen) in &other.parameters {
            if let Some((_, mine)) = self.parameters.iter_mut().find(|(mine, _)| mine == name) {
                mine.merge(seen);
            }
        }
    }

    /// What was seen of a parameter. Names with two leading underscores are recorded with the name
    /// of the class before them.
    pub fn parameter(&self, name: &str, class: Option<&str>) -> Option<&Seen> {
        let class = class.and_then(|class| class.rsplit('.').next()).unwrap_or_default();
        let mangled = format!("_{}{name}", class.trim_start_matches('_'));
        let is_it =
            |recorded: &str| recorded == name || (name.starts_with("__") && recorded == mangled);
        self.parameters.iter().find(|(recorded, _)| is_it(recorded)).map(|(_, seen)| seen)
    }
}

/// The function at its place, if that is what it was when it was observed.
pub fn find_function<'a>(
    source: &'a SourceModule,
    place: &Place,
    observation: &Observation,
) -> Option<&'a DefinedFunction> {
    let named = source.functions_named(&place.qualname);
    let mut there = named.filter(|function| function.line == place.line);
    let function = there.next().filter(|_| there.next().is_none())?;
    let class = function.class.as_deref();
    let same_kind = function.kind == observation.kind
        // Decorated with `types.coroutine` a generator is one.
        || function.kind == FunctionKind::Generator;
    let same_parameters = function.parameters.len() == observation.parameters.len()
        && function.parameters.iter().all(|it| observation.parameter(&it.name, class).is_some());
    (same_kind && same_parameters).then_some(function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{FunctionKey, TypeName};

    fn add(recording: &mut Recording, module: &str, signature: &[u32], count: u64) {
        recording.functions.push(Function {
            key: FunctionKey { module: module.into(), qualname: "Cart.add".into(), line: 3 },
            file: "cart.py".into(),
            parameters: "self,_Cart__price,*rest".into(),
            kind: FunctionKind::Function,
        });
        let signature = signature.iter().map(|&id| TypeId(id)).collect();
        recording.profiles.push(Profile { args: vec![(signature, count)], ..Profile::default() });
    }

    #[test]
    fn a_script_and_its_import_are_one() {
        let mut recording = Recording::default();
        recording.types.push(TypeName::new("builtins", "int"));
        add(&mut recording, "__main__", &[1, 1, 1], 2);
        add(&mut recording, "cart", &[1, 1, 1], 3);
        let all = observations(&recording);
        let (place, only) = all.first_key_value().unwrap();
        assert_eq!((all.len(), place.line, only.call_count), (1, 3, 5));
        assert_eq!(only.module, "cart");
        let price = only.parameter("__price", Some("Cart")).unwrap();
        assert_eq!(price.types, BTreeMap::from([(TypeId(1), 5)]));
        assert!(only.parameter("price", Some("Cart")).is_none());
    }

    #[test]
    fn a_signature_beyond_the_bound_says_so_of_every_parameter() {
        let mut recording = Recording::default();
        add(&mut recording, "cart", &[0], 2);
        let all = observations(&recording);
        let only = all.values().next().unwrap();
        assert!(only.parameters.iter().all(|(_, seen)| seen.types.contains_key(&TypeId::OVERFLOW)));
    }
}
