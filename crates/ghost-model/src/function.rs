//! A function as the source names it, and its place in a recording.
//!
//! Code addresses never appear here: they are reused as soon as code is freed.

use std::fmt;

/// What users call a function by: `module:qualname:firstlineno`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionKey {
    /// The running `__name__`; `__main__` for the script.
    pub module: String,
    /// The code object's `co_qualname`.
    pub qualname: String,
    /// First line, one-based; 0 where there is no source.
    pub line: u32,
}

impl fmt::Display for FunctionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.module, self.qualname, self.line)
    }
}

/// What kind of code object a function is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FunctionKind {
    /// A plain function, method, lambda or comprehension.
    #[default]
    Function = 0,
    /// A generator function: one activation from first start to end.
    Generator = 1,
    /// An `async def` without `yield`.
    Coroutine = 2,
    /// An `async def` with `yield`.
    AsyncGenerator = 3,
    /// The body of a class statement.
    ClassBody = 4,
    /// The body of a module.
    Module = 5,
    /// Only known as a caller or a catcher: out of scope, not measured.
    External = 6,
    /// Stands for every function beyond the bound on functions.
    Overflow = 7,
}

impl FunctionKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::Function,
        Self::Generator,
        Self::Coroutine,
        Self::AsyncGenerator,
        Self::ClassBody,
        Self::Module,
        Self::External,
        Self::Overflow,
    ];

    /// The kind with this number, if there is one.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The word used in tables, JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Generator => "generator",
            Self::Coroutine => "coroutine",
            Self::AsyncGenerator => "async_generator",
            Self::ClassBody => "class_body",
            Self::Module => "module",
            Self::External => "external",
            Self::Overflow => "overflow",
        }
    }

    /// The kind written as this word, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What is known of a function apart from its measurements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// How users name it.
    pub key: FunctionKey,
    /// Source file, relative to the project root where it lies below it.
    pub file: String,
    /// Declared parameters in order, comma separated: `self,price,*args,tax,**extra`.
    pub parameters: String,
    /// What kind of code it is.
    pub kind: FunctionKind,
}

/// Index of a function in its [`crate::Recording`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

impl FunctionId {
    /// Stands for "no Python frame below": the entry of a thread, or a call from C.
    pub const ROOT: Self = Self(0);

    /// This id as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_module_qualname_line() {
        let key = FunctionKey { module: "shop".into(), qualname: "Cart.add".into(), line: 7 };
        assert_eq!(key.to_string(), "shop:Cart.add:7");
    }

    #[test]
    fn every_kind_survives_its_number_and_its_word() {
        for kind in FunctionKind::ALL {
            assert_eq!(FunctionKind::from_number(kind as u8), Some(kind));
            assert_eq!(FunctionKind::from_word(kind.as_str()), Some(kind));
        }
    }
}
