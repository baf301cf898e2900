//! What a dotted name stands for, seen from a place of the program.
//!
//! A name may be bound in several branches, so the answer is a list: one of them holds.

use crate::source::{Binding, DefinedClass, ScopeId, TypeExpression};

use super::program::{Module, Program};
use super::special::{self, Special};
use super::{resolve::Place, tables};

/// How many imports and aliases are followed; more is a circle.
const STEPS_MAX: u8 = 24;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Target<'a> {
    /// A name of another module, of which no source is known, by its full name.
    External(String),
    /// A class of the program.
    Class { module: &'a Module<'a>, class: &'a DefinedClass },
    /// Another expression, to be read where it stands.
    Alias { expression: &'a TypeExpression, place: Place<'a> },
    /// A type parameter with its bound.
    Parameter { bound: Option<&'a TypeExpression>, place: Place<'a> },
    /// Something else: a variable, a function, a module.
    Unknown,
}

/// Everything a dotted name may stand for at a place.
pub(super) fn find<'a>(program: &'a Program<'a>, path: &str, place: Place<'a>) -> Vec<Target<'a>> {
    Finder { program, steps: STEPS_MAX }.find(path, place)
}

struct Finder<'a> {
    program: &'a Program<'a>,
    steps: u8,
}

impl<'a> Finder<'a> {
    fn find(&mut self, path: &str, place: Place<'a>) -> Vec<Target<'a>> {
        let Some(steps) = self.steps.checked_sub(1) else { return vec![Target::Unknown] };
        self.steps = steps;
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        match place.module.source.lookup(place.scope, first) {
            Some((scope, bindings)) => self.follow_all(bindings, rest, Place { scope, ..place }),
            None => self.unbound(path, first, place),
        }
    }

    fn follow_all(
        &mut self,
        bindings: &'a [Binding],
        rest: &str,
        place: Place<'a>,
    ) -> Vec<Target<'a>> {
        bindings.iter().flat_map(|binding| self.follow(binding, rest, place)).collect()
    }

    /// A name that no scope binds: built-in, or from `import *`.
    fn unbound(&mut self, path: &str, first: &str, place: Place<'a>) -> Vec<Target<'a>> {
        let built_in = format!("builtins.{first}");
        if special::of(&built_in).is_some() || tables::is_standard_class("builtins", first) {
            let nested = path != first;
            return vec![if nested { Target::Unknown } else { Target::External(built_in) }];
        }
        let module = ScopeId::MODULE;
        let stars = place.module.source.scopes.get(module.0).map(|scope| &scope.star_imports);
        let mut stars = stars.into_iter().flatten();
        let from_star = |star: &'a String| {
            let full = format!("{}.{path}", place.module.absolute(star)?);
            Some(self.full(&full)).filter(|found| found.iter().any(Target::is_certain))
        };
        stars.find_map(from_star).unwrap_or_else(|| vec![Target::Unknown])
    }

    fn follow(&mut self, binding: &'a Binding, rest: &str, place: Place<'a>) -> Vec<Target<'a>> {
        match binding {
            Binding::Module(name) => self.full(&join(name, rest)),
            Binding::Import { module, name } => match place.module.absolute(module) {
                Some(module) => self.full(&join(&join(&module, name), rest)),
                None => vec![Target::Unknown],
            },
            Binding::Class(index) => self.in_class(*index, rest, place),
            Binding::Alias(expression) => self.alias(expression, rest, place),
            Binding::Annotated { annotation, value: Some(value) }
                if self.is_type_alias(annotation, place) =>
            {
                self.alias(value, rest, place)
            }
            Binding::TypeParameter(bound) if rest.is_empty() => {
                vec![Target::Parameter { bound: bound.as_ref(), place }]
            }
            _ => vec![Target::Unknown],
        }
    }

    fn alias(
        &mut self,
        expression: &'a TypeExpression,
        rest: &str,
        place: Place<'a>,
    ) -> Vec<Target<'a>> {
        match expression {
            TypeExpression::Name(path) => self.find(&join(path, rest), place),
            _ if rest.is_empty() => vec![Target::Alias { expression, place }],
            _ => vec![Target::Unknown],
        }
    }

    fn is_type_alias(&mut self, annotation: &TypeExpression, place: Place<'a>) -> bool {
        let TypeExpression::Name(path) = annotation else { return false };
        self.find(path, place).iter().any(|target| {
            matches!(target, Target::External(name) if special::of(name) == Some(Special::TypeAlias))
        })
    }

    fn in_class(&mut self, index: usize, rest: &str, place: Place<'a>) -> Vec<Target<'a>> {
        let Some(class) = place.module.source.classes.get(index) else {
            return vec![Target::Unknown];
        };
        if rest.is_empty() {
            return vec![Target::Class { module: place.module, class }];
        }
        let (first, rest) = rest.split_once('.').unwrap_or((rest, ""));
        let body = place.module.source.scopes.get(class.body.0);
        match body.and_then(|body| body.bindings.get(first)) {
            Some(bindings) => self.follow_all(bindings, rest, Place { scope: class.body, ..place }),
            None => vec![Target::Unknown],
        }
    }

    /// What a full name stands for: `shop.models.Order`.
    fn full(&mut self, name: &str) -> Vec<Target<'a>> {
        let Some(steps) = self.steps.checked_sub(1) else { return vec![Target::Unknown] };
        self.steps = steps;
        let standard = name.rsplit_once('.').is_some_and(|(module, name)| {
            module != "builtins" && tables::is_standard_class(module, name)
        });
        if standard || special::of(name).is_some() {
            return vec![Target::External(name.to_owned())];
        }
        let mut split = name.len();
        while let Some(dot) = name.get(..split).and_then(|prefix| prefix.rfind('.')) {
            split = dot;
            let (prefix, rest) = (&name[..dot], &name[dot + 1..]);
            if let Some(module) = self.program.module(prefix) {
                return self.in_module(module, rest);
            }
        }
        vec![Target::External(name.to_owned())]
    }

    fn in_module(&mut self, module: &'a Module<'a>, path: &str) -> Vec<Target<'a>> {
        let place = Place { module, scope: ScopeId::MODULE };
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let scope = module.source.scopes.first();
        match scope.and_then(|scope| scope.bindings.get(first)) {
            Some(bindings) => self.follow_all(bindings, rest, place),
            None => self.in_stars(module, path),
        }
    }

    fn in_stars(&mut self, module: &'a Module<'a>, path: &str) -> Vec<Target<'a>> {
        let stars = module.source.scopes.first().map(|scope| &scope.star_imports);
        for star in stars.into_iter().flatten() {
            let Some(star) = module.absolute(star) else { continue };
            let found = self.full(&join(&star, path));
            if found.iter().any(Target::is_certain) {
                return found;
            }
        }
        vec![Target::Unknown]
    }
}

impl Target<'_> {
    /// Whether it was found, instead of supposed behind an unknown module.
    fn is_certain(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::External(name) => {
                special::of(name).is_some()
                    || name
                        .rsplit_once('.')
                        .is_some_and(|(module, name)| tables::is_standard_class(module, name))
            }
            _ => true,
        }
    }
}

fn join(head: &str, rest: &str) -> String {
    if rest.is_empty() { head.to_owned() } else { format!("{head}.{rest}") }
}
