//! How a file writes a type: under the name that it has there already, or under one that an import
//! adds without meaning anything else.

use std::collections::{BTreeMap, HashMap};

use crate::inference::{InferredType, ProjectFile, Unclaimed};
use crate::source::{Binding, ScopeId, SourceModule};

/// A type in the words of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spelled {
    /// The annotation.
    pub(crate) text: String,
    /// Whether it names nothing but built-in types, so that it can be evaluated anywhere.
    pub(crate) is_builtin: bool,
}

/// The names of one file, and the imports it needs for more.
#[derive(Clone, Debug)]
pub(crate) struct Spelling<'a> {
    module: &'a str,
    source: &'a SourceModule,
    /// What the file imports at its top, by module and name there.
    imported: HashMap<(String, String), &'a str>,
    /// What it does not, and the name it will get.
    added: BTreeMap<(String, String), String>,
    /// Whether there is a place for more imports.
    can_import: bool,
}

impl<'a> Spelling<'a> {
    /// The names of a file.
    pub(crate) fn new(file: &'a ProjectFile) -> Self {
        let (module, source) = (file.module.as_str(), &file.source);
        let header = &file.outline.header;
        let can_import = header.import.is_some() || header.type_checking.is_some();
        Self { module, source, imported: imported(file), added: BTreeMap::new(), can_import }
    }

    /// Writes a type for an annotation in `scope`. Notes the imports that this takes.
    pub(crate) fn spell(
        &mut self,
        inferred: &InferredType,
        scope: ScopeId,
    ) -> Result<Spelled, Unclaimed> {
        let before = self.added.clone();
        let spelled = self.text(inferred, scope);
        if spelled.is_err() {
            self.added = before;
        }
        let text = spelled?;
        Ok(Spelled { is_builtin: self.is_builtin(inferred, scope), text })
    }

    /// `from module import name`, in alphabetical order.
    pub(crate) fn imports(&self) -> Vec<String> {
        let mut by_module: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((module, name), alias) in &self.added {
            let item = if name == alias { name.clone() } else { format!("{name} as {alias}") };
            by_module.entry(module).or_default().push(item);
        }
        let line = |(module, items): (&str, Vec<String>)| {
            format!("from {module} import {}", items.join(", "))
        };
        by_module.into_iter().map(line).collect()
    }

    fn text(&mut self, inferred: &InferredType, scope: ScopeId) -> Result<String, Unclaimed> {
        Ok(match inferred {
            InferredType::None => "None".into(),
            InferredType::Ellipsis => "...".into(),
            InferredType::Union(members) => self.texts(members, scope, " | ")?,
            InferredType::Generic { outer, arguments } => {
                format!("{}[{}]", self.text(outer, scope)?, self.texts(arguments, scope, ", ")?)
            }
            InferredType::Class { module, qualname } => self.class(module, qualname, scope)?,
        })
    }

    fn texts(
        &mut self,
        all: &[InferredType],
        scope: ScopeId,
        separator: &str,
    ) -> Result<String, Unclaimed> {
        let texts: Result<Vec<String>, Unclaimed> =
            all.iter().map(|inferred| self.text(inferred, scope)).collect();
        Ok(texts?.join(separator))
    }

    fn class(&mut self, module: &str, qualname: &str, scope: ScopeId) -> Result<String, Unclaimed> {
        let (first, rest) = qualname.split_once('.').map_or((qualname, ""), |(a, b)| (a, b));
        let name = if module == self.module {
            let own = self.is_own_class(first, scope).then(|| first.to_owned());
            own.ok_or_else(|| Unclaimed::Unnameable { label: format!("{module}.{qualname}") })?
        } else if module == "builtins" && self.source.lookup(scope, first).is_none() {
            first.to_owned()
        } else if let Some(known) = self.known(module, first, scope) {
            known
        } else if self.can_import {
            self.add(module, first)
        } else {
            return Err(Unclaimed::Unnameable { label: format!("{module}.{qualname}") });
        };
        Ok(if rest.is_empty() { name } else { format!("{name}.{rest}") })
    }

    fn is_own_class(&self, name: &str, scope: ScopeId) -> bool {
        let bindings = self.source.lookup(scope, name);
        bindings.is_some_and(|(found, bindings)| {
            found == ScopeId::MODULE && bindings.iter().all(|it| matches!(it, Binding::Class(_)))
        })
    }

    /// The name it has already.
    fn known(&self, module: &str, name: &str, scope: ScopeId) -> Option<String> {
        let is_visible = |bound: &str| {
            self.source.lookup(scope, bound).is_some_and(|(found, _)| found == ScopeId::MODULE)
        };
        let direct = self.imported.get(&(module.to_owned(), name.to_owned())).copied();
        // What packages export under a shorter name says the longer one of itself.
        let package = |module: &str| module.split('.').next().unwrap_or_default().to_owned();
        let exported = || {
            let mut same = self.imported.iter().filter(|((from, what), _)| {
                what == name && !name.is_empty() && package(from) == package(module)
            });
            same.next().map(|(_, bound)| *bound)
        };
        if let Some(bound) = direct.or_else(exported).filter(|bound| is_visible(bound)) {
            return Some(bound.to_owned());
        }
        let whole = self.imported.get(&(module.to_owned(), String::new())).copied();
        let first = |bound: &str| bound.split('.').next().unwrap_or_default().to_owned();
        let whole = whole.filter(|bound| is_visible(&first(bound)))?;
        Some(format!("{whole}.{name}"))
    }

    fn add(&mut self, module: &str, name: &str) -> String {
        let key = (module.to_owned(), name.to_owned());
        if let Some(alias) = self.added.get(&key) {
            return alias.clone();
        }
        let mut alias = name.to_owned();
        while !self.is_free(&alias) {
            alias.insert(0, '_');
        }
        self.added.insert(key, alias.clone());
        alias
    }

    /// Whether the file uses the name for nothing else, anywhere.
    fn is_free(&self, name: &str) -> bool {
        let is_bound = self.source.scopes.iter().any(|scope| scope.bindings.contains_key(name));
        let is_added = self.added.values().any(|alias| alias == name);
        !is_bound && !is_added && !crate::inference::is_builtin_name(name)
    }

    fn is_builtin(&self, inferred: &InferredType, scope: ScopeId) -> bool {
        match inferred {
            InferredType::None | InferredType::Ellipsis => true,
            InferredType::Union(members) => members.iter().all(|it| self.is_builtin(it, scope)),
            InferredType::Generic { outer, arguments } => {
                self.is_builtin(outer, scope)
                    && arguments.iter().all(|it| self.is_builtin(it, scope))
            }
            InferredType::Class { module, qualname } => {
                module == "builtins" && self.source.lookup(scope, qualname).is_none()
            }
        }
    }
}

/// What the top of a file imports, by module and name there; whole modules have an empty name.
fn imported(file: &ProjectFile) -> HashMap<(String, String), &str> {
    let mut imported = HashMap::new();
    let Some(scope) = file.source.scopes.first() else { return imported };
    for (bound, bindings) in &scope.bindings {
        let (Some(first), true) = (bindings.first(), all_same(bindings)) else { continue };
        match first {
            Binding::Import { module, name } => {
                let module = absolute(file, module);
                imported.insert((module, name.clone()), bound.as_str());
            }
            Binding::Module(module) => {
                imported.insert((module.clone(), String::new()), bound.as_str());
            }
            _ => {}
        }
    }
    // `import a.b` binds `a`, through which `a.b` can be reached.
    for module in &file.source.imports {
        let first = module.split('.').next().unwrap_or_default();
        if module.contains('.') && imported.contains_key(&(first.to_owned(), String::new())) {
            imported.entry((module.clone(), String::new())).or_insert(module.as_str());
        }
    }
    imported
}

fn all_same(bindings: &[Binding]) -> bool {
    bindings.windows(2).all(|pair| pair[0] == pair[1])
}

/// A relative import as an absolute one.
fn absolute(file: &ProjectFile, module: &str) -> String {
    let name = module.trim_start_matches('.');
    let level = module.len() - name.len();
    if level == 0 {
        return module.to_owned();
    }
    let mut parts: Vec<&str> = file.module.split('.').collect();
    let up = if file.is_package { level - 1 } else { level };
    parts.truncate(parts.len().saturating_sub(up));
    parts.extend((!name.is_empty()).then_some(name));
    parts.join(".")
}
