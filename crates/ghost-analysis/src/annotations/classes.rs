//! What the name of a class of the program admits: usually its instances, sometimes not.

use crate::source::{DefinedClass, ScopeKind, TypeExpression};

use super::names::{self, Target};
use super::program::Module;
use super::resolve::{Place, Resolver};
use super::special::{self, Special};
use super::{Admitted, Exclusion, tables};

/// Decorators that leave a class a class of the same name.
const HARMLESS_DECORATORS: [&str; 14] = [
    "attributes",
    "attrs",
    "dataclass",
    "dataclass_transform",
    "define",
    "deprecated",
    "final",
    "frozen",
    "mutable",
    "runtime_checkable",
    "s",
    "total_ordering",
    "unique",
    "verify",
];

/// Metaclasses that do not change what an instance is.
const HARMLESS_METACLASSES: [&str; 5] =
    ["abc.ABCMeta", "builtins.type", "enum.EnumMeta", "enum.EnumType", "typing.NamedTupleMeta"];

/// Methods by which a class decides itself what its instances or subclasses are.
const INSTANCE_HOOKS: [&str; 2] = ["__subclasshook__", "__instancecheck__"];

/// What is known of a class from its bases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// Describes dictionaries.
    TypedDict,
    /// Its instances are those whose bases contain it, as far as this goes.
    Class(Exclusion),
}

impl<'a> Resolver<'a> {
    /// What a class of the program admits.
    pub(super) fn class_of_program(
        &self,
        module: &'a Module<'a>,
        class: &'a DefinedClass,
        depth: u8,
    ) -> Admitted {
        match self.nature(module, class, depth) {
            Nature::TypedDict => Admitted::builtin("dict"),
            Nature::Class(exclusion) => {
                Admitted::class(format!("{}.{}", module.name, class.qualname), exclusion)
            }
        }
    }

    fn nature(&self, module: &'a Module<'a>, class: &'a DefinedClass, depth: u8) -> Nature {
        let Some(depth) = depth.checked_sub(1) else { return Nature::Class(Exclusion::Never) };
        let mut exclusion = self.own_exclusion(module, class);
        for base in &class.bases {
            match self.base_nature(base, Place { module, scope: class.scope }, depth) {
                Nature::TypedDict => return Nature::TypedDict,
                Nature::Class(other) => exclusion = exclusion.min(other),
            }
        }
        Nature::Class(exclusion)
    }

    /// What the class statement itself says, its bases left out.
    fn own_exclusion(&self, module: &'a Module<'a>, class: &'a DefinedClass) -> Exclusion {
        let harmless = |decorator: &crate::source::Decorator| {
            decorator.name().is_some_and(|name| HARMLESS_DECORATORS.contains(&name))
        };
        let body = module.source.scopes.get(class.body.0);
        let hooked = body.is_some_and(|body| {
            INSTANCE_HOOKS.iter().any(|hook| body.bindings.contains_key(*hook))
        });
        let odd = class.is_open
            || class.is_type_checking
            || hooked
            || self.program.registers(class.name())
            || !class.decorators.iter().all(harmless)
            || !self.has_harmless_metaclass(module, class);
        if odd { Exclusion::Never } else { Exclusion::Always }
    }

    fn has_harmless_metaclass(&self, module: &'a Module<'a>, class: &'a DefinedClass) -> bool {
        let place = Place { module, scope: class.scope };
        match &class.metaclass {
            None => true,
            Some(TypeExpression::Name(path)) => {
                names::find(self.program, path, place).iter().all(|target| {
                    matches!(target, Target::External(name)
                        if HARMLESS_METACLASSES.contains(&name.as_str()))
                })
            }
            Some(_) => false,
        }
    }

    fn base_nature(&self, base: &'a TypeExpression, place: Place<'a>, depth: u8) -> Nature {
        let path = match base {
            TypeExpression::Name(path) => path,
            TypeExpression::Subscript { base, .. } => match &**base {
                TypeExpression::Name(path) => path,
                _ => return Nature::Class(Exclusion::OnlyNone),
            },
            _ => return Nature::Class(Exclusion::OnlyNone),
        };
        let mut exclusion = Exclusion::Always;
        for target in names::find(self.program, path, place) {
            let nature = match target {
                Target::External(name) => external_nature(&name),
                Target::Class { module, class } => self.nature(module, class, depth),
                _ => Nature::Class(Exclusion::OnlyNone),
            };
            match nature {
                Nature::TypedDict => return Nature::TypedDict,
                Nature::Class(other) => exclusion = exclusion.min(other),
            }
        }
        Nature::Class(exclusion)
    }
}

/// What a base class of another module does to its subclasses.
fn external_nature(name: &str) -> Nature {
    let standard = |(module, name)| tables::is_standard_class(module, name);
    match special::of(name) {
        Some(Special::Protocol) => Nature::Class(Exclusion::Never),
        Some(Special::TypedDict) => Nature::TypedDict,
        Some(Special::Neutral | Special::Class(_) | Special::Abstract(_) | Special::Anything) => {
            Nature::Class(Exclusion::Always)
        }
        None if name.rsplit_once('.').is_some_and(standard) => Nature::Class(Exclusion::Always),
        _ => Nature::Class(Exclusion::OnlyNone),
    }
}

impl Module<'_> {
    /// Whether a class of this qualified name defines one of these names in its body.
    pub(super) fn class_defines(&self, qualname: &str, names: &[&str]) -> bool {
        self.source.classes_named(qualname).any(|class| {
            self.source.scopes.get(class.body.0).is_some_and(|body| {
                body.kind == ScopeKind::Class
                    && names.iter().any(|name| body.bindings.contains_key(*name))
            })
        })
    }
}
