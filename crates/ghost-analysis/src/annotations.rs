//! What annotations admit: resolves them in their program and compares them with recorded types.
//!
//! Works on names only, as nothing is imported: what a name may stand for is looked up in the sources
//! given and in tables of the standard library. Whatever cannot be known is [`Verdict::Unknown`], and
//! that is never a finding.

mod admits;
mod classes;
mod declared;
mod names;
mod program;
mod resolve;
mod special;
mod tables;

pub use declared::{Declaration, DeclaredType};
pub use program::{Module, Program};
pub use resolve::{Generated, Place};

/// What an annotation admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// Every object.
    Anything,
    /// It could not be found out.
    Unknown,
    /// Instances of a class and of its subclasses.
    Class(AdmittedClass),
    /// What satisfies an abstract base or protocol of the standard library, by its full name.
    Abstract(&'static str),
    /// What one of these admits.
    Union(Vec<Admitted>),
}

/// A class as an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedClass {
    /// Its full name as types are recorded: built-in ones without their module.
    pub name: String,
    /// How far one may conclude from its absence in a type's bases.
    pub exclusion: Exclusion,
}

/// What it tells that a class is not among the bases of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// Nothing: the name could stand for anything.
    Never,
    /// `None` is no instance; of other types nothing is known, as the class has unknown bases.
    OnlyNone,
    /// It is an ordinary class of which all bases are known.
    Always,
}

/// Whether a type is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Yes,
    /// It surely is not.
    No,
    /// It cannot be known.
    Unknown,
}

impl Admitted {
    /// Instances of a built-in class.
    pub fn builtin(name: &str) -> Self {
        Self::class(name, Exclusion::Always)
    }

    /// Instances of a class.
    pub fn class(name: impl Into<String>, exclusion: Exclusion) -> Self {
        Self::Class(AdmittedClass { name: name.into(), exclusion })
    }

    /// What this or another admits.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::Union(vec![self, other])
    }
}
