//! How reports write the types of a recording.

use crate::{Recording, Signature, TypeId, type_label};

/// How the types of a recording are written: short where that is unambiguous.
#[derive(Clone, Debug)]
pub struct Labels {
    types: Vec<String>,
}

impl Labels {
    /// The labels of a recording.
    pub fn new(recording: &Recording) -> Self {
        Self { types: type_label(&recording.types) }
    }

    /// One type: `int`.
    pub fn type_name(&self, id: TypeId) -> &str {
        self.types.get(id.index()).map_or("…", String::as_str)
    }

    /// Types of arguments: `(int, str)`.
    pub fn signature(&self, signature: &Signature) -> String {
        let names: Vec<&str> = signature.iter().map(|id| self.type_name(*id)).collect();
        format!("({})", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TypeName;

    #[test]
    fn a_signature_reads_like_a_tuple_and_unknown_types_are_an_ellipsis() {
        let mut recording = Recording::default();
        recording.types.push(TypeName::new("builtins", "int"));
        let labels = Labels::new(&recording);
        assert_eq!(labels.signature(&vec![TypeId(1), TypeId(0)]), "(int, …)");
        assert_eq!((labels.signature(&vec![]), labels.type_name(TypeId(9))), ("()".into(), "…"));
    }
}
