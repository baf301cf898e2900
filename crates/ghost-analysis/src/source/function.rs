//! A function as its source defines it: `def`, `async def` or lambda.
//!
//! Holds facts of the text only; whether it ever ran is the recording's.

use ghost_model::FunctionKind;

use super::{Annotation, Flow, ScopeId};

/// A function definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinedFunction {
    /// As the code object's `co_qualname`: `Cart.add`, `outer.<locals>.inner`, `<lambda>`.
    pub qualname: String,
    /// As `co_firstlineno`: the line of the first decorator, else of `def`.
    pub line: u32,
    /// Line of `def` or `lambda`.
    pub line_def: u32,
    /// Last line of its body.
    pub line_last: u32,
    /// Declared parameters in the order of [`ghost_model::Function::parameters`].
    pub parameters: Vec<DefinedParameter>,
    /// What is written behind `->`.
    pub returns: Option<Annotation>,
    /// Byte offset at which a missing return annotation would be inserted: behind the closing
    /// parenthesis. `None` for lambdas.
    pub returns_offset: Option<usize>,
    /// Decorators, outermost first.
    pub decorators: Vec<Decorator>,
    /// Function, generator, coroutine or async generator.
    pub kind: FunctionKind,
    /// What its body looks like.
    pub body: BodyShape,
    /// How its body ends, and what its exception handlers do.
    pub flow: Flow,
    /// Scope in which its annotations are evaluated.
    pub scope: ScopeId,
    /// Qualified name of the class whose body defines it.
    pub class: Option<String>,
    /// Whether it stands under `if TYPE_CHECKING:`, so that it never exists at run time.
    pub is_type_checking: bool,
}

impl DefinedFunction {
    /// The last part of its qualified name.
    pub fn name(&self) -> &str {
        self.qualname.rsplit('.').next().unwrap_or(&self.qualname)
    }

    /// Whether it is a lambda.
    pub fn is_lambda(&self) -> bool {
        self.name() == "<lambda>"
    }

    /// Whether it is declared by `async def`.
    pub fn is_async(&self) -> bool {
        matches!(self.kind, FunctionKind::Coroutine | FunctionKind::AsyncGenerator)
    }

    /// Whether its body contains `yield`.
    pub fn is_generator(&self) -> bool {
        matches!(self.kind, FunctionKind::Generator | FunctionKind::AsyncGenerator)
    }

    /// Whether it is one of the signatures of an overloaded function, which never run.
    pub fn is_overload(&self) -> bool {
        self.has_decorator("overload")
    }

    /// Whether it is declared abstract.
    pub fn is_abstract(&self) -> bool {
        ["abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod"]
            .iter()
            .any(|name| self.has_decorator(name))
    }

    /// Whether some decorator's name ends in this one: `overload` is found in `@typing.overload`.
    pub fn has_decorator(&self, name: &str) -> bool {
        self.decorators.iter().any(|decorator| decorator.name() == Some(name))
    }
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinedParameter {
    /// Its name, without stars.
    pub name: String,
    /// How arguments reach it.
    pub kind: ParameterKind,
    /// What is written behind the colon.
    pub annotation: Option<Annotation>,
    /// Source text of its default value.
    pub default: Option<String>,
    /// Byte offset at which a missing annotation would be inserted: behind the name.
    pub annotation_offset: usize,
}

impl DefinedParameter {
    /// Whether it is `*args` or `**kwargs`, which are recorded without types.
    pub fn is_variadic(&self) -> bool {
        matches!(self.kind, ParameterKind::VarPositional | ParameterKind::VarKeyword)
    }

    /// Whether the default value is `None`.
    pub fn default_is_none(&self) -> bool {
        self.default.as_deref() == Some("None")
    }
}

/// How arguments reach a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// Before `/`.
    PositionalOnly,
    /// By position or by name.
    Plain,
    /// `*args`.
    VarPositional,
    /// Behind `*`.
    KeywordOnly,
    /// `**kwargs`.
    VarKeyword,
}

/// A decorator of a function or class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decorator {
    /// Dotted name of what is applied or called, as written: `app.route` for `@app.route("/")`;
    /// `None` for other expressions.
    pub path: Option<String>,
    /// Whether it is called.
    pub is_call: bool,
    /// Its line.
    pub line: u32,
}

impl Decorator {
    /// The last part of its dotted name.
    pub fn name(&self) -> Option<&str> {
        self.path.as_deref().and_then(|path| path.rsplit('.').next())
    }
}

/// What the body of a function looks like, its docstring left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyShape {
    /// It does something.
    Code,
    /// Only `...`, `pass`, or a docstring.
    Empty,
    /// Only `raise NotImplementedError`.
    NotImplemented,
}
