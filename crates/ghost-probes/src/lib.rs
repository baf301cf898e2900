//! Expressions of probes that come from outside the process: a subset of Python's, safe by construction.
//!
//! * What is not allowed does not parse: names, constants, arithmetic, comparisons, `and`/`or`/`not`,
//!   conditional expressions, subscripts, slices, tuples and lists, and calls of nine functions. There are no
//!   attributes, no calls of anything else, no comprehensions, no lambdas, no assignments, no format strings.
//! * Evaluation knows [`Value`]s only: built-in types, copied. No method of anything is called; whoever
//!   makes values of a program's objects makes [`Value::Opaque`] of all that are not exactly built-in.
//! * Everything is bounded: the text, its nesting, the steps of an evaluation, the sizes of values.
//! * What has the name of a secret is [`Value::Redacted`] before anything can be done with it.
//!
//! Knows no interpreter, does no I/O, keeps nothing.
#![forbid(unsafe_code)]

mod evaluate;
mod expression;
mod operators;
mod parse;
mod secret;
mod token;
mod value;

pub use evaluate::{EvaluateError, Scope, evaluate};
pub use expression::Expression;
pub use parse::ParseError;
pub use secret::is_secret;
pub use value::Value;
