//! From an annotation to what it admits.
//!
//! Arguments of generics are left out, as recorded types have none: `list[int]` admits every list.

use crate::source::{Annotation, Constant, DefinedFunction, ScopeId, TypeExpression};

use super::names::{self, Target};
use super::program::{Module, Program};
use super::special::{self, Special};
use super::{Admitted, Exclusion, tables};

/// How deep aliases and arguments may nest; deeper is a circle.
const DEPTH_MAX: u8 = 40;

/// Where an expression is read.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The module it stands in.
    pub module: &'a Module<'a>,
    /// The scope in which it is evaluated.
    pub scope: ScopeId,
}

/// What the return annotation of a generator says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// What it admits to be yielded.
    pub yielded: Admitted,
    /// What it admits to be returned at the end.
    pub returned: Admitted,
}

impl<'a> Program<'a> {
    /// What an annotation of a function of `module` admits.
    pub fn admitted(
        &'a self,
        module: &'a Module<'a>,
        function: &'a DefinedFunction,
        annotation: &'a Annotation,
    ) -> Admitted {
        let place = Place { module, scope: function.scope };
        self.resolver(function).resolve(&annotation.expression, place, DEPTH_MAX)
    }

    /// What an annotation in the body of a class admits.
    pub fn admitted_in_class(
        &'a self,
        place: Place<'a>,
        class: &'a str,
        annotation: &'a Annotation,
    ) -> Admitted {
        let resolver = Resolver { program: self, class: Some(class) };
        resolver.resolve(&annotation.expression, place, DEPTH_MAX)
    }

    /// What the return annotation of a generator admits; unknown where it is no iterator's.
    pub fn generated(
        &'a self,
        module: &'a Module<'a>,
        function: &'a DefinedFunction,
        annotation: &'a Annotation,
    ) -> Generated {
        let place = Place { module, scope: function.scope };
        self.resolver(function).generated(&annotation.expression, place)
    }

    fn resolver(&'a self, function: &'a DefinedFunction) -> Resolver<'a> {
        Resolver { program: self, class: function.class.as_deref() }
    }
}

/// Resolves the annotations of one function or class.
pub(super) struct Resolver<'a> {
    pub(super) program: &'a Program<'a>,
    /// Qualified name of the class that `Self` means.
    pub(super) class: Option<&'a str>,
}

impl<'a> Resolver<'a> {
    pub(super) fn resolve(
        &self,
        expression: &'a TypeExpression,
        place: Place<'a>,
        depth: u8,
    ) -> Admitted {
        let Some(depth) = depth.checked_sub(1) else { return Admitted::Unknown };
        match expression {
            TypeExpression::None => Admitted::builtin("NoneType"),
            TypeExpression::Name(path) => self.name(path, &[], place, depth),
            TypeExpression::Text(Some(inner)) => self.resolve(inner, place, depth),
            TypeExpression::Union(left, right) => {
                self.resolve(left, place, depth).or(self.resolve(right, place, depth))
            }
            TypeExpression::Subscript { base, arguments } => match &**base {
                TypeExpression::Name(path) => self.name(path, arguments, place, depth),
                _ => Admitted::Unknown,
            },
            TypeExpression::Call { function, arguments, keywords } => {
                self.call(function, arguments, keywords, place, depth)
            }
            _ => Admitted::Unknown,
        }
    }

    fn name(
        &self,
        path: &str,
        arguments: &'a [TypeExpression],
        place: Place<'a>,
        depth: u8,
    ) -> Admitted {
        let targets = names::find(self.program, path, place);
        let one = |target: &Target<'a>| self.target(target, arguments, place, depth);
        match targets.as_slice() {
            [target] => one(target),
            targets => Admitted::Union(targets.iter().map(one).collect()),
        }
    }

    fn target(
        &self,
        target: &Target<'a>,
        arguments: &'a [TypeExpression],
        place: Place<'a>,
        depth: u8,
    ) -> Admitted {
        match target {
            Target::External(name) => self.external(name, arguments, place, depth),
            Target::Class { module, class } => self.class_of_program(module, class, depth),
            Target::Alias { expression, place } => self.resolve(expression, *place, depth),
            Target::Parameter { bound: None, .. } => Admitted::Anything,
            Target::Parameter { bound: Some(bound), place } => self.bound(bound, *place, depth),
            Target::Unknown => Admitted::Unknown,
        }
    }

    /// `T: bound`, or `T: (A, B)`.
    fn bound(&self, bound: &'a TypeExpression, place: Place<'a>, depth: u8) -> Admitted {
        match bound {
            TypeExpression::Tuple(choices) => self.union(choices, place, depth),
            bound => self.resolve(bound, place, depth),
        }
    }

    fn union(&self, choices: &'a [TypeExpression], place: Place<'a>, depth: u8) -> Admitted {
        Admitted::Union(choices.iter().map(|it| self.resolve(it, place, depth)).collect())
    }

    fn external(
        &self,
        name: &str,
        arguments: &'a [TypeExpression],
        place: Place<'a>,
        depth: u8,
    ) -> Admitted {
        if let Some(special) = special::of(name) {
            return self.special(special, arguments, place, depth);
        }
        match name.rsplit_once('.') {
            Some(("builtins", simple)) => Admitted::builtin(simple),
            Some((module, simple)) if tables::is_standard_class(module, simple) => {
                Admitted::class(name, Exclusion::Always)
            }
            _ => Admitted::class(name, Exclusion::Never),
        }
    }

    fn special(
        &self,
        special: Special,
        arguments: &'a [TypeExpression],
        place: Place<'a>,
        depth: u8,
    ) -> Admitted {
        match (special, arguments) {
            (Special::Anything, _) => Admitted::Anything,
            (Special::Optional, [inner]) => {
                self.resolve(inner, place, depth).or(Admitted::builtin("NoneType"))
            }
            (Special::Union, [_, ..]) => self.union(arguments, place, depth),
            (Special::First, [inner, ..]) => self.resolve(inner, place, depth),
            (Special::Literal, [_, ..]) => {
                let each = arguments.iter().map(|it| self.literal(it, place, depth));
                Admitted::Union(each.collect())
            }
            (Special::SelfType, _) => self.own_class(place, depth),
            (Special::Class(name), _) => Admitted::class(name, Exclusion::Always),
            (Special::Abstract(name), _) => Admitted::Abstract(name),
            _ => Admitted::Unknown,
        }
    }

    fn own_class(&self, place: Place<'a>, depth: u8) -> Admitted {
        let Some(qualname) = self.class else { return Admitted::Unknown };
        let classes = place.module.source.classes_named(qualname);
        let each = classes.map(|class| self.class_of_program(place.module, class, depth));
        let each: Vec<Admitted> = each.collect();
        if each.is_empty() { Admitted::Unknown } else { Admitted::Union(each) }
    }

    /// One argument of `Literal`.
    fn literal(&self, argument: &'a TypeExpression, place: Place<'a>, depth: u8) -> Admitted {
        match argument {
            TypeExpression::Text(_) => Admitted::builtin("str"),
            TypeExpression::None => Admitted::builtin("NoneType"),
            TypeExpression::Constant(constant) => Admitted::builtin(match constant {
                Constant::Bool => "bool",
                Constant::Int => "int",
                Constant::Float => "float",
                Constant::Complex => "complex",
                Constant::Bytes => "bytes",
            }),
            TypeExpression::Name(path) => match path.rsplit_once('.') {
                // A member of an enumeration.
                Some((class, _)) => self.name(class, &[], place, depth),
                None => self.name(path, &[], place, depth),
            },
            nested => self.resolve(nested, place, depth),
        }
    }

    /// An alias that is made by a call: `NewType`, `TypeVar`, `namedtuple`.
    fn call(
        &self,
        function: &'a TypeExpression,
        arguments: &'a [TypeExpression],
        keywords: &'a [(String, TypeExpression)],
        place: Place<'a>,
        depth: u8,
    ) -> Admitted {
        let TypeExpression::Name(path) = function else { return Admitted::Unknown };
        let targets = names::find(self.program, path, place);
        let [Target::External(name)] = targets.as_slice() else { return Admitted::Unknown };
        match (name.rsplit('.').next().unwrap_or_default(), arguments) {
            ("NewType", [_, base]) => self.resolve(base, place, depth),
            ("TypeVar", [_]) => keywords
                .iter()
                .find(|(keyword, _)| keyword == "bound")
                .map_or(Admitted::Anything, |(_, bound)| self.resolve(bound, place, depth)),
            ("TypeVar", [_, choices @ ..]) => self.union(choices, place, depth),
            ("TypedDict", _) => Admitted::builtin("dict"),
            _ => Admitted::Unknown,
        }
    }

    fn generated(&self, expression: &'a TypeExpression, place: Place<'a>) -> Generated {
        let unknown = || Generated { yielded: Admitted::Unknown, returned: Admitted::Unknown };
        let (base, arguments) = match expression {
            TypeExpression::Text(Some(inner)) => return self.generated(inner, place),
            TypeExpression::Subscript { base, arguments } => (&**base, arguments.as_slice()),
            _ => return unknown(),
        };
        let Admitted::Abstract(base) = self.resolve(base, place, DEPTH_MAX) else {
            return unknown();
        };
        let resolve = |argument| self.resolve(argument, place, DEPTH_MAX);
        match (base, arguments) {
            ("collections.abc.Iterator" | "collections.abc.Iterable", [yielded]) => {
                Generated { yielded: resolve(yielded), returned: Admitted::Unknown }
            }
            ("collections.abc.Generator", [yielded] | [yielded, _]) => {
                Generated { yielded: resolve(yielded), returned: Admitted::builtin("NoneType") }
            }
            ("collections.abc.Generator", [yielded, _, returned]) => {
                Generated { yielded: resolve(yielded), returned: resolve(returned) }
            }
            _ => unknown(),
        }
    }
}
