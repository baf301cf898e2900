//! Exceptions by which Python programs talk: raising them is how a method or a program works, not
//! how it fails.

use ghost_model::{FunctionKey, TypeName};

/// Exceptions that end a program or a task because somebody wants it to.
const ENDINGS: [&str; 4] =
    ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "asyncio.exceptions.CancelledError"];

/// What a method may raise to say "there is none".
const ANSWERS: [(&str, &str); 8] = [
    ("__next__", "StopIteration"),
    ("__anext__", "StopAsyncIteration"),
    ("__getattr__", "AttributeError"),
    ("__getattribute__", "AttributeError"),
    ("__get__", "AttributeError"),
    ("__getitem__", "LookupError"),
    ("__delitem__", "LookupError"),
    ("__missing__", "LookupError"),
];

/// Whether this exception, from this function, is part of a protocol.
pub(crate) fn is_protocol(function: &FunctionKey, exception: &TypeName) -> bool {
    let method = function.qualname.rsplit('.').next().unwrap_or_default();
    let answers = ANSWERS.iter().filter(|(name, _)| *name == method).map(|(_, answer)| answer);
    ENDINGS.iter().chain(answers).any(|name| is_a(exception, name))
}

/// Whether a type is this one or inherits from it, as far as its method resolution order is known.
pub(crate) fn is_a(exception: &TypeName, name: &str) -> bool {
    exception.full_name() == name || exception.mro.iter().any(|base| base == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_that_finds_nothing_is_no_failure() {
        let key =
            |qualname: &str| FunctionKey { module: "m".into(), qualname: qualname.into(), line: 1 };
        let missing = TypeName {
            mro: ["m.Missing", "KeyError", "LookupError"].map(String::from).into(),
            ..TypeName::new("m", "Missing")
        };
        assert!(is_protocol(&key("Cart.__getitem__"), &missing));
        assert!(!is_protocol(&key("Cart.find"), &missing));
        assert!(is_protocol(&key("main"), &TypeName::new("builtins", "SystemExit")));
        assert!(!is_protocol(&key("__next__"), &TypeName::new("builtins", "ValueError")));
    }
}
