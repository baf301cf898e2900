//! A comparison of two sessions as text, Markdown or JSON.
//!
//! Entry point: [`write_diff`] with a [`DiffView`]. Text is made of [`DiffLine`]s, so that a terminal
//! can colour them; everything else about terminals is absent here.

mod entries;
mod json;
mod lines;
mod markdown;
mod numbers;

use std::io::Write;

use ghost_analysis::diff::Comparison;
use ghost_model::Session;

use crate::format::ExportError;

pub use json::{DIFF_SCHEMA_VERSION, diff_json};
pub use lines::{DiffLine, Tone, diff_lines};

/// A comparison, and what it is of.
#[derive(Clone, Copy, Debug)]
pub struct DiffView<'a> {
    /// The first session.
    pub before: &'a Session,
    /// The second session.
    pub after: &'a Session,
    /// What is different.
    pub comparison: &'a Comparison,
    /// How many functions of each section text and Markdown show.
    pub top: usize,
}

/// How a comparison is written for programs and tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffFormat {
    /// One object, every function in it.
    Json,
    /// Lists for reviews and tickets.
    Markdown,
}

/// Writes a comparison.
pub fn write_diff(
    view: &DiffView<'_>,
    format: DiffFormat,
    output: &mut dyn Write,
) -> Result<(), ExportError> {
    match format {
        DiffFormat::Json => json::write(view, output),
        DiffFormat::Markdown => markdown::write(view, output),
    }
}

#[cfg(test)]
mod sample;
