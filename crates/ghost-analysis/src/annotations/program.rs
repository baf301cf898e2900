//! The modules of a program by their names, as far as their sources are known.

use std::collections::{HashMap, HashSet};

use ghost_model::{FunctionKind, Recording};

use crate::source::SourceModule;
use crate::sources::Sources;

/// A module of the program.
#[derive(Debug)]
pub struct Module<'a> {
    /// The `__name__` under which it ran.
    pub name: &'a str,
    /// Its file, as recordings name it.
    pub file: &'a str,
    /// What it defines.
    pub source: &'a SourceModule,
    /// Whether it is the `__init__.py` of a package.
    pub is_package: bool,
}

/// All modules of which a source is known.
#[derive(Debug, Default)]
pub struct Program<'a> {
    modules: HashMap<&'a str, Module<'a>>,
    /// Names that several files share: what they hold cannot be told.
    ambiguous: HashSet<&'a str>,
    /// Simple names of classes to which virtual subclasses are registered somewhere.
    registering: HashSet<&'a str>,
    /// First parts of the names of its modules.
    packages: HashSet<&'a str>,
}

impl<'a> Program<'a> {
    /// The modules that a recording names, with the sources that are known of them.
    pub fn new(recording: &'a Recording, sources: &'a Sources) -> Self {
        let mut program = Self::default();
        let mut files: HashMap<&str, &str> = HashMap::new();
        for function in &recording.functions {
            let (name, file) = (function.key.module.as_str(), function.file.as_str());
            if function.kind == FunctionKind::Overflow || file.starts_with('<') || file.is_empty() {
                continue;
            }
            match files.insert(name, file) {
                Some(other) if other == file => {}
                Some(_) => _ = program.ambiguous.insert(name),
                None => program.add(name, file, sources),
            }
        }
        program
    }

    fn add(&mut self, name: &'a str, file: &'a str, sources: &'a Sources) {
        let Some(source) = sources.module(file) else { return };
        let is_package = file.rsplit('/').next() == Some("__init__.py");
        self.packages.insert(name.split('.').next().unwrap_or(name));
        self.modules.insert(name, Module { name, file, source, is_package });
        let simple = |path: &'a String| path.rsplit('.').next().unwrap_or(path);
        self.registering.extend(source.registering.iter().map(simple));
    }

    /// The module of this name, if its source is known.
    pub fn module(&self, name: &str) -> Option<&Module<'a>> {
        self.modules.get(name).filter(|_| !self.ambiguous.contains(name))
    }

    /// Whether some module of this package is known.
    pub(super) fn has_package(&self, package: &str) -> bool {
        self.packages.contains(package)
    }

    /// Whether some class of this simple name gets virtual subclasses.
    pub(super) fn registers(&self, class_name: &str) -> bool {
        self.registering.contains(class_name)
    }
}

impl Module<'_> {
    /// The full name of a module as an import statement of this one writes it: `..models`.
    pub(super) fn absolute(&self, written: &str) -> Option<String> {
        let name = written.trim_start_matches('.');
        let dots = written.len() - name.len();
        if dots == 0 {
            return Some(name.to_owned());
        }
        let levels_up = if self.is_package { dots - 1 } else { dots };
        let mut parts: Vec<&str> = self.name.split('.').collect();
        let kept = parts.len().checked_sub(levels_up).filter(|kept| *kept > 0)?;
        parts.truncate(kept);
        parts.extend(Some(name).filter(|name| !name.is_empty()));
        Some(parts.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absolute(name: &str, is_package: bool, written: &str) -> Option<String> {
        let source = SourceModule::default();
        Module { name, file: "", source: &source, is_package }.absolute(written)
    }

    #[test]
    fn relative_imports_count_from_the_package() {
        assert_eq!(absolute("shop.orders", false, ".models").as_deref(), Some("shop.models"));
        assert_eq!(absolute("shop.orders", false, ".").as_deref(), Some("shop"));
        assert_eq!(absolute("shop", true, ".models").as_deref(), Some("shop.models"));
        assert_eq!(absolute("shop.a.b", false, "..c").as_deref(), Some("shop.c"));
        assert_eq!(absolute("shop", false, "os.path").as_deref(), Some("os.path"));
        assert_eq!(absolute("shop", false, ".models"), None);
    }
}
