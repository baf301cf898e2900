//! Types as names, and signatures as lists of them. Never a value.

use std::collections::HashMap;

/// A type as its module and qualified name, with its method resolution order.
///
/// Pseudo types have an empty module: `*args`, `**kwargs` (the number of extra arguments is left
/// out), `<unset>` (a parameter that held no object) and `…` (beyond a bound).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypeName {
    /// Defining module; `builtins` for built-in types, empty for pseudo types.
    pub module: String,
    /// Qualified name inside the module.
    pub qualname: String,
    /// Names of the `__mro__`, the type itself first, as `module.qualname`; may be empty.
    pub mro: Vec<String>,
}

impl TypeName {
    /// A type without a known method resolution order.
    pub fn new(module: impl Into<String>, qualname: impl Into<String>) -> Self {
        Self { module: module.into(), qualname: qualname.into(), mro: Vec::new() }
    }

    /// `module.qualname`, or the bare name for built-in and pseudo types.
    pub fn full_name(&self) -> String {
        if self.module.is_empty() || self.module == "builtins" {
            self.qualname.clone()
        } else {
            format!("{}.{}", self.module, self.qualname)
        }
    }
}

/// Index of a type in its [`crate::Recording`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

impl TypeId {
    /// The pseudo type `…`: everything beyond the bound. Always the first of a recording.
    pub const OVERFLOW: Self = Self(0);

    /// This id as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The types of the declared parameters, in order of declaration.
pub type Signature = Vec<TypeId>;

/// How each type is written in reports: the short name where it is unique among `types`, else with
/// its module.
pub fn type_label(types: &[TypeName]) -> Vec<String> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut shared: std::collections::HashSet<&str> = std::collections::HashSet::new();
    for name in types {
        if *seen.entry(&name.qualname).or_insert(&name.module) != name.module {
            shared.insert(&name.qualname);
        }
    }
    let label = |name: &TypeName| {
        if shared.contains(name.qualname.as_str()) {
            name.full_name()
        } else {
            name.qualname.clone()
        }
    };
    types.iter().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_used_unless_two_types_share_it() {
        let types = [
            TypeName::new("builtins", "int"),
            TypeName::new("a", "Order"),
            TypeName::new("b", "Order"),
        ];
        assert_eq!(type_label(&types), ["int", "a.Order", "b.Order"]);
    }
}
