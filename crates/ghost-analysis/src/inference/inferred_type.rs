//! A type as it can be claimed: classes by where they are importable from, unions, and the few
//! generics whose arguments are known.

use std::cmp::Ordering;

/// What an annotation will say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InferredType {
    /// `None`.
    None,
    /// A class, by the module it is imported from and its name there.
    Class {
        /// `builtins` for what needs no import.
        module: String,
        /// `Outer.Inner` for nested classes.
        qualname: String,
    },
    /// `outer[arguments]`.
    Generic {
        /// What stands before the bracket.
        outer: Box<InferredType>,
        /// What stands in it.
        arguments: Vec<InferredType>,
    },
    /// `...` as in `Callable[..., Any]`.
    Ellipsis,
    /// `A | B | None`: at least two members, none of them a union.
    Union(Vec<InferredType>),
}

impl InferredType {
    /// A class.
    pub fn class(module: impl Into<String>, qualname: impl Into<String>) -> Self {
        Self::Class { module: module.into(), qualname: qualname.into() }
    }

    /// A built-in class.
    pub fn builtin(name: &str) -> Self {
        Self::class("builtins", name)
    }

    /// `Any`, where a claim would be wrong for what nobody can have seen.
    pub fn any() -> Self {
        Self::class("typing", "Any")
    }

    /// `outer[arguments]`.
    pub fn generic(outer: Self, arguments: Vec<Self>) -> Self {
        Self::Generic { outer: Box::new(outer), arguments }
    }

    /// Anything that can be called. Not `object` as its result: callers would be wrong to use it.
    pub fn callable() -> Self {
        Self::generic(Self::class("collections.abc", "Callable"), vec![Self::Ellipsis, Self::any()])
    }

    /// One type of several: sorted by name, each once, `None` last. `None` if there are none.
    pub fn union(members: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut flat: Vec<Self> = Vec::new();
        for member in members {
            match member {
                Self::Union(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        flat.sort_by(compare);
        flat.dedup();
        if flat.len() > 1 { Some(Self::Union(flat)) } else { flat.pop() }
    }

    /// The members of a union; itself where it is none.
    pub fn members(&self) -> &[Self] {
        match self {
            Self::Union(members) => members,
            other => std::slice::from_ref(other),
        }
    }

    /// Whether a value of that built-in type is one of this type. `NoneType` is `None`.
    pub fn admits_builtin(&self, name: &str) -> bool {
        let admits = |member: &Self| match member {
            Self::None => name == "NoneType",
            Self::Class { module, qualname } => {
                (module == "builtins" && accepts(qualname, name)) || (module == "typing")
            }
            Self::Generic { .. } => name == "function" && *member == Self::callable(),
            _ => false,
        };
        self.members().iter().any(admits)
    }

    /// Whether this is `None` and nothing else.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// The numeric tower of type checkers, and `bool` as the `int` it is.
pub(super) fn accepts(wider: &str, narrower: &str) -> bool {
    let rank = |name: &str| ["bool", "int", "float", "complex"].iter().position(|&n| n == name);
    wider == narrower
        || wider == "object"
        || matches!((rank(wider), rank(narrower)), (Some(w), Some(n)) if w > n)
}

fn compare(left: &InferredType, right: &InferredType) -> Ordering {
    let key = |member: &InferredType| (*member == InferredType::None, text(member).to_lowercase());
    key(left).cmp(&key(right)).then_with(|| text(left).cmp(&text(right)))
}

/// The short name first, so that a union reads in alphabetical order; the module to tell apart.
fn text(member: &InferredType) -> String {
    match member {
        InferredType::None => "None".into(),
        InferredType::Class { module, qualname } => format!("{qualname}@{module}"),
        InferredType::Generic { outer, arguments } => {
            format!("{}[{}]", text(outer), arguments.iter().map(text).collect::<String>())
        }
        InferredType::Ellipsis => "...".into(),
        InferredType::Union(members) => members.iter().map(text).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_the_last_of_a_union_and_everything_is_there_once() {
        let union = InferredType::union([
            InferredType::None,
            InferredType::builtin("str"),
            InferredType::Union(vec![InferredType::builtin("bytes"), InferredType::None]),
        ]);
        let expected = ["bytes", "str"].map(InferredType::builtin);
        let expected = expected.into_iter().chain([InferredType::None]).collect();
        assert_eq!(union, Some(InferredType::Union(expected)));
        assert_eq!(InferredType::union([InferredType::None]), Some(InferredType::None));
        assert_eq!(InferredType::union([]), None);
    }

    #[test]
    fn numbers_admit_narrower_numbers() {
        let float = InferredType::builtin("float");
        assert!(float.admits_builtin("int") && float.admits_builtin("bool"));
        assert!(!float.admits_builtin("str") && !float.admits_builtin("complex"));
        assert!(InferredType::None.admits_builtin("NoneType"));
        assert!(InferredType::any().admits_builtin("str"));
    }
}
