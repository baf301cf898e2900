//! What the tracer needs to know of the interpreter, and how it asks.

use ghost_model::FunctionKind;

use crate::{CodeAddress, ExceptionAddress, FrameAddress, StackToken, TypeAddress};

/// The frame that just began or ended, read on demand: most reads are never needed.
pub trait Activation {
    /// Which frame.
    fn frame(&self) -> FrameAddress;
    /// Which stack of frames it runs on.
    fn stack(&self) -> StackToken;
    /// Bottom of that stack: the same as long as thread and greenlet are. Slow.
    fn stack_root(&self) -> StackToken;
    /// What is directly below, as cheaply as can be: the code of the Python frame there, or anything
    /// else that is not the address of observed or remembered code.
    fn below(&self) -> CodeAddress;
    /// Code of the Python frame directly below.
    fn caller(&self) -> CodeAddress;
    /// Type of the object a parameter holds, in the order of the frame's slots.
    fn parameter_type(&self, index: usize) -> TypeAddress;
}

/// An exception on its way.
#[derive(Clone, Copy, Debug)]
pub struct Raised {
    /// The object.
    pub object: ExceptionAddress,
    /// Its type.
    pub class: TypeAddress,
    /// The newest link of its traceback; 0 for none.
    pub traceback: usize,
    /// The next older link; 0 at the end.
    pub next_link: fn(usize) -> usize,
}

/// What is known of a code object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeDescription {
    /// `__name__` of the module it runs in.
    pub module: String,
    /// `co_qualname`.
    pub qualname: String,
    /// Source file as it shall be shown.
    pub file: String,
    /// First line.
    pub line: u32,
    /// What kind of code it is.
    pub kind: FunctionKind,
    /// Names of the declared parameters in declaration order, comma separated.
    pub parameters: String,
    /// Positional parameters.
    pub positional: usize,
    /// Keyword-only parameters.
    pub keyword_only: usize,
    /// Whether `*args` is declared.
    pub varargs: bool,
    /// Whether `**kwargs` is declared.
    pub varkwargs: bool,
}

/// What is known of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeDescription {
    /// `__module__`.
    pub module: String,
    /// `__qualname__`.
    pub qualname: String,
    /// Full names along the `__mro__`, itself first.
    pub mro: Vec<String>,
    /// Whether the type can die, so that its address may come to mean another one. The
    /// interpreter then reports its death through [`crate::Tracer::type_died`].
    pub mortal: bool,
}

/// Names things. Only asked in cold paths, once per thing. Must not run user code.
pub trait Interpreter {
    /// Describes a live type.
    fn describe_type(&mut self, class: TypeAddress) -> TypeDescription;
    /// Describes a live code object that is not observed itself, only seen as a caller or
    /// catcher, and promises to report its death through [`crate::Tracer::code_died`].
    /// `None` where it cannot be watched.
    fn describe_caller(&mut self, code: CodeAddress) -> Option<CodeDescription>;
    /// The span that is current where an activation begins, 0 for none. `None` where the activation
    /// is not due to be sampled, nor within a span of which everything is to be.
    fn span_of_sample(&mut self, is_due: bool) -> Option<u64> {
        is_due.then_some(0)
    }
    /// Whether there is a span of which every activation is to be sampled.
    fn is_detailing(&self) -> bool {
        false
    }
}
