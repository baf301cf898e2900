//! What spans add up to, however few of them are kept: per route, per statement and per called host.
//!
//! Nothing here decides what a span is or where totals are stored; adding is all.

mod durations;
mod flow;
mod route;
mod statement;

pub use durations::Durations;
pub use flow::{FlowKey, FlowTotals};
pub use route::{RouteKey, RouteTotals, StatusClass};
pub use statement::{StatementKey, StatementTotals};

use crate::{Attribute, Span};

/// What stands for every name beyond a bound.
pub const BEYOND: &str = "…";

/// A whole number that cannot be negative; 0 where the span does not have it.
fn count_of(span: &Span, attribute: Attribute) -> u64 {
    span.int(attribute).and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

/// The text of an attribute; empty where the span does not have it.
fn text_of(span: &Span, attribute: Attribute) -> String {
    span.text(attribute).unwrap_or_default().to_owned()
}
