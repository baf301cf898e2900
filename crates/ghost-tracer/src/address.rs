//! Addresses in the observed interpreter, told apart by type. Compared, never followed.

macro_rules! address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub usize);
    };
}

address! {
    /// A type object; 0 for a parameter that holds nothing.
    TypeAddress
}
address! {
    /// A code object; 0 for "no Python frame".
    CodeAddress
}
address! {
    /// An interpreter frame. Stable while the frame lives, also inside a generator.
    FrameAddress
}
address! {
    /// An exception object.
    ExceptionAddress
}
address! {
    /// Identifies the piece of memory the current stack of frames lives in: it changes when
    /// another thread or greenlet runs, or the stack grows into another piece.
    StackToken
}
