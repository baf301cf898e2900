//! The names of `typing` and its kin that are no ordinary classes.

use super::tables;

/// What a name with a meaning of its own means in an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// Every object.
    Anything,
    /// `Optional[X]`.
    Optional,
    /// `Union[X, Y]`.
    Union,
    /// What its first argument means: `Annotated[X, …]`, `Final[X]`.
    First,
    /// `Literal[…]`.
    Literal,
    /// The class of the method.
    SelfType,
    /// A class under another name, as recorded: `typing.List` is `list`.
    Class(&'static str),
    /// An abstract base, by its full name.
    Abstract(&'static str),
    /// Marks a class as a protocol, which is satisfied by shape.
    Protocol,
    /// Marks a class as a description of dictionaries.
    TypedDict,
    /// A base class that changes nothing about its subclasses: `Generic[T]`, `NamedTuple`, `ABC`.
    Neutral,
    /// `X: TypeAlias = …`.
    TypeAlias,
    /// Not to be decided.
    Undecided,
}

/// The special meaning of a full name.
pub(super) fn of(name: &str) -> Option<Special> {
    let (module, name) = name.rsplit_once('.')?;
    match module {
        "typing" | "typing_extensions" => Some(of_typing(name)),
        "types" => of_types(name),
        "abc" if name == "ABC" => Some(Special::Neutral),
        "dataclasses" if name == "InitVar" => Some(Special::First),
        "builtins" if name == "object" => Some(Special::Anything),
        "builtins" if name == "type" => Some(Special::Abstract("builtins.type")),
        "numbers" | "os" | "io" | "contextlib" | "collections.abc" => {
            tables::abstract_base(&format!("{module}.{name}")).map(Special::Abstract)
        }
        _ => None,
    }
}

fn of_typing(name: &str) -> Special {
    match name {
        "Any" => Special::Anything,
        "Optional" => Special::Optional,
        "Union" => Special::Union,
        "Annotated" | "Final" | "ClassVar" | "Required" | "NotRequired" | "ReadOnly" => {
            Special::First
        }
        "Literal" => Special::Literal,
        "Self" => Special::SelfType,
        "Protocol" => Special::Protocol,
        "TypedDict" => Special::TypedDict,
        "Generic" | "NamedTuple" => Special::Neutral,
        "TypeAlias" => Special::TypeAlias,
        "Type" => Special::Abstract("builtins.type"),
        _ => class_alias(name).map_or_else(|| abstract_alias(name), Special::Class),
    }
}

/// Classes that `typing` gives another name.
fn class_alias(name: &str) -> Option<&'static str> {
    Some(match name {
        "List" => "list",
        "Dict" => "dict",
        "Tuple" => "tuple",
        "Set" => "set",
        "FrozenSet" => "frozenset",
        "Text" | "LiteralString" => "str",
        "TypeGuard" | "TypeIs" => "bool",
        "DefaultDict" => "collections.defaultdict",
        "OrderedDict" => "collections.OrderedDict",
        "Counter" => "collections.Counter",
        "ChainMap" => "collections.ChainMap",
        "Deque" => "collections.deque",
        "Pattern" => "re.Pattern",
        "Match" => "re.Match",
        _ => return None,
    })
}

/// Abstract bases that `typing` has too.
fn abstract_alias(name: &str) -> Special {
    let full = match name {
        "AbstractSet" => "collections.abc.Set".to_owned(),
        "ContextManager" => "contextlib.AbstractContextManager".to_owned(),
        "AsyncContextManager" => "contextlib.AbstractAsyncContextManager".to_owned(),
        "IO" | "TextIO" | "BinaryIO" => format!("typing.{name}"),
        _ if name.starts_with("Supports") => format!("typing.{name}"),
        _ => format!("collections.abc.{name}"),
    };
    tables::abstract_base(&full).map_or(Special::Undecided, Special::Abstract)
}

/// Names of `types` for classes that are recorded under others.
fn of_types(name: &str) -> Option<Special> {
    Some(match name {
        "NoneType" => Special::Class("NoneType"),
        "EllipsisType" => Special::Class("ellipsis"),
        "NotImplementedType" => Special::Class("NotImplementedType"),
        "ModuleType" => Special::Class("module"),
        "CodeType" => Special::Class("code"),
        "FrameType" => Special::Class("frame"),
        "TracebackType" => Special::Class("traceback"),
        "MappingProxyType" => Special::Class("mappingproxy"),
        "SimpleNamespace" => return None,
        // Type checkers take other callables and generators for these.
        _ => Special::Undecided,
    })
}
