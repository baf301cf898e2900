//! The files of a project and what was recorded of them: everything that annotations are made from.
//!
//! Files are given as text; what could not be read or parsed is not here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ghost_model::{Recording, TypeName};

use super::naming::is_main;
use super::{
    Claims, Inference, Nameable, Observation, Place, Purpose, Settled, SourceFile, claims,
    observations, with_overrides,
};
use crate::source::{DefinedFunction, Outline, ScopeKind, SourceError, SourceModule};

/// One file of the project.
#[derive(Clone, Debug)]
pub struct ProjectFile {
    /// Its name, as recorded.
    pub path: String,
    /// The module it is imported as.
    pub module: String,
    /// Whether it is the `__init__.py` of a package.
    pub is_package: bool,
    /// Its text.
    pub text: String,
    /// Its definitions.
    pub source: SourceModule,
    /// Its bodies.
    pub outline: Outline,
}

impl ProjectFile {
    /// Reads a text.
    pub fn parse(
        path: &str,
        module: &str,
        is_package: bool,
        text: String,
    ) -> Result<Self, SourceError> {
        let source = SourceModule::parse(&text)?;
        let outline = Outline::parse(&text)?;
        let (path, module) = (path.to_owned(), module.to_owned());
        Ok(Self { path, module, is_package, text, source, outline })
    }
}

/// What is known of a project.
#[derive(Debug)]
pub struct Project<'a> {
    types: &'a [TypeName],
    observations: BTreeMap<Place, Observation>,
    nameable: Nameable,
    settled: Settled,
}

/// How much is asked of a claim, and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// Fewer calls than this are no reason to claim anything.
    pub calls_min: u64,
    /// What the claims are for.
    pub purpose: Purpose,
}

impl<'a> Project<'a> {
    /// Everything known of these files. `files` should be all of the project that ran, whichever of
    /// them will be annotated: their classes are what annotations may name.
    pub fn new(recording: &'a Recording, files: &[ProjectFile]) -> Self {
        let observations = with_overrides(&observations(recording), recording);
        let scripts = scripts(recording);
        let mut nameable = Nameable::default();
        let mut annotated = HashMap::new();
        for file in files {
            nameable.define(&file.module, importable_classes(&file.source));
            annotated.extend(annotated_methods(&file.module, &file.source));
            if scripts.contains(file.path.as_str()) {
                nameable.set_main(&file.module);
                annotated.extend(annotated_methods("__main__", &file.source));
            }
        }
        let settled = Settled::new(&recording.types, &annotated);
        Self { types: &recording.types, observations, nameable, settled }
    }

    /// What was seen of the functions of a file, in order of their lines.
    pub fn observed<'b>(
        &'b self,
        file: &'b ProjectFile,
    ) -> impl Iterator<Item = (&'b Place, &'b Observation)> + 'b {
        let first = Place { file: file.path.clone(), qualname: String::new(), line: 0 };
        self.observations.range(first..).take_while(|(place, _)| place.file == file.path)
    }

    /// What may be claimed of a function of a file.
    pub fn claims(
        &self,
        file: &ProjectFile,
        function: &DefinedFunction,
        observation: &Observation,
        demand: Demand,
    ) -> Claims {
        let inference = Inference {
            types: self.types,
            nameable: &self.nameable,
            settled: &self.settled,
            calls_min: demand.calls_min,
            purpose: demand.purpose,
        };
        let source =
            SourceFile { module: &file.module, source: &file.source, outline: &file.outline };
        claims(inference, source, function, observation)
    }
}

/// Files that ran as `__main__`.
fn scripts(recording: &Recording) -> BTreeSet<&str> {
    let functions = recording.observed().map(|(_, function, _)| function);
    let mains = functions.filter(|function| is_main(&function.key.module));
    mains.map(|function| function.file.as_str()).collect()
}

/// Classes that can be imported from the module: those not inside of a function.
fn importable_classes(source: &SourceModule) -> Vec<String> {
    let top = source.classes.iter().filter(|class| {
        let scope = source.scopes.get(class.scope.0);
        !class.qualname.contains('<')
            && !scope.is_some_and(|scope| scope.kind == ScopeKind::Function)
    });
    top.map(|class| class.qualname.clone()).collect()
}

/// The methods with annotations, by the full name of their class.
fn annotated_methods(module: &str, source: &SourceModule) -> HashMap<String, BTreeSet<String>> {
    let mut methods: HashMap<String, BTreeSet<String>> = HashMap::new();
    for function in &source.functions {
        let mut parameters = function.parameters.iter();
        let is_annotated = function.returns.is_some()
            || parameters.any(|parameter| parameter.annotation.is_some());
        if let Some(class) = function.class.as_ref().filter(|_| is_annotated) {
            let of_class = methods.entry(format!("{module}.{class}")).or_default();
            of_class.insert(function.name().to_owned());
        }
    }
    methods
}
