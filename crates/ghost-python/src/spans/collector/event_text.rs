//! Events as text for a stream that the program put in the place of its standard output: a notebook, a
//! test. Nothing is written here.

use ghost_spans::sinks::pretty_line;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::event_json;

/// The lines of some events: JSON, or for eyes. What is no dictionary has none.
#[pyfunction]
pub(crate) fn console_text(events: &Bound<'_, PyList>, pretty: bool, colour: bool) -> String {
    let mut text = String::new();
    for line in events.iter().filter_map(|event| event_json::write(&event)) {
        let line = String::from_utf8_lossy(&line);
        text += &if pretty { pretty_line(&line, colour) } else { line.into_owned() };
        text.push('\n');
    }
    text
}
