//! How `ghost` talks: colour, tables, numbers for people, and lines on standard error.
//!
//! Nothing here knows what a session is.

pub(crate) mod colour;
pub(crate) mod number;
pub(crate) mod table;
pub(crate) mod talk;
pub(crate) mod terminal;
