//! The explanation of one function as text, Markdown or JSON.
//!
//! Text is made of [`ExplainLine`]s, facts and explanation apart, so that facts can be shown while
//! somebody is still thinking about the explanation. Nothing here asks anybody.

mod bars;
mod json;
mod lines;
mod markdown;
mod sections;

use std::io::Write;

use ghost_analysis::explain::{Excerpt, Facts};
use ghost_model::Session;

use crate::format::ExportError;

pub use bars::Drawing;
pub use json::{EXPLAIN_SCHEMA_VERSION, facts_json};
pub use lines::{ExplainLine, explanation_lines, fact_lines};

/// What is known of a function, and where from.
#[derive(Clone, Copy, Debug)]
pub struct ExplainView<'a> {
    /// The session.
    pub session: &'a Session,
    /// What is known.
    pub facts: &'a Facts,
    /// Its source, where it could be read.
    pub excerpt: Option<&'a Excerpt>,
}

/// The facts in words, and whose words they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// `template`, or who was asked.
    pub backend: &'static str,
    /// Which model answered.
    pub model: Option<String>,
    /// What was said, one paragraph each; a paragraph may have several lines.
    pub paragraphs: Vec<String>,
}

/// How an explanation is written for programs and tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainFormat {
    /// One object.
    Json,
    /// For reviews and tickets.
    Markdown,
}

/// Writes facts and explanation.
pub fn write_explanation(
    view: &ExplainView<'_>,
    explanation: &Explanation,
    format: ExplainFormat,
    output: &mut dyn Write,
) -> Result<(), ExportError> {
    match format {
        ExplainFormat::Json => json::write(view, explanation, output),
        ExplainFormat::Markdown => markdown::write(view, explanation, output),
    }
}

#[cfg(test)]
mod sample;
