//! How a function's body ends and what its exception handlers do.
//!
//! Facts of the text only, and only those that detectors ask for.

/// How a function's body ends and what its handlers do; functions within it left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Its `except` clauses, in order.
    pub handlers: Vec<Handler>,
    /// Whether some `return` has a value that is not written as `None`.
    pub returns_value: bool,
    /// Whether some `return None` is written out.
    pub returns_none: bool,
    /// Whether it can end without a value: at the end of its body, or by a bare `return`.
    pub falls_through: bool,
}

/// One `except` clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handler {
    /// Its line, one-based.
    pub line: u32,
    /// What it catches, as written (`errors.Missing`); nothing for a bare `except:`, and for an
    /// expression that names no class.
    pub exceptions: Vec<String>,
    /// Whether it catches whatever comes: bare, `Exception` or `BaseException`.
    pub is_broad: bool,
    /// What becomes of the exception.
    pub trace: Trace,
}

/// What an `except` clause leaves of the exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It goes on with the next thing: only `pass`, `continue`, `break`.
    Nothing,
    /// It returns a constant in place of a result.
    Constant,
    /// It does something, but nothing with the exception, and says nothing.
    Handled,
    /// It raises, uses the exception, or calls something whose name says that it reports.
    Reported,
}
