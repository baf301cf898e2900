//! What a native exporter says of its sink, in Python words, and the sink made of that.

use std::path::PathBuf;
use std::time::Duration;

use ghost_spans::sinks::{Colour, ConsoleSink, JsonlSettings, JsonlSink, Layout, Sink, Stream};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// See the top of this file.
#[derive(Clone, Debug)]
pub(super) enum SinkSettings {
    /// Files of lines.
    Jsonl(JsonlSettings),
    /// Standard output or standard error.
    Console(Stream, Layout, Colour),
}

impl SinkSettings {
    /// Reads `{"sink": "jsonl", "dir": …}` or `{"sink": "console", "pretty": …}`.
    pub(super) fn extract(settings: &Bound<'_, PyAny>) -> PyResult<Self> {
        let settings = settings.cast::<PyDict>()?;
        let sink: String = required(settings, "sink")?.extract()?;
        match sink.as_str() {
            "jsonl" => jsonl(settings).map(Self::Jsonl),
            "console" => console(settings),
            _ => Err(PyValueError::new_err(format!("no sink is called `{sink}`"))),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Jsonl(_) => "jsonl",
            Self::Console(..) => "console",
        }
    }

    pub(super) fn make(&self) -> Box<dyn Sink> {
        match self {
            Self::Jsonl(settings) => Box::new(JsonlSink::new(settings.clone())),
            Self::Console(stream, layout, colour) => {
                Box::new(ConsoleSink::new(*stream, *layout, *colour))
            }
        }
    }
}

fn jsonl(settings: &Bound<'_, PyDict>) -> PyResult<JsonlSettings> {
    let rotate_secs: f64 = required(settings, "rotate_secs")?.extract()?;
    let dir: PathBuf = required(settings, "dir")?.extract()?;
    Ok(JsonlSettings {
        // The program may change its folder later.
        dir: std::path::absolute(dir)?,
        prefix: required(settings, "prefix")?.extract()?,
        rotate_bytes: required(settings, "rotate_bytes")?.extract()?,
        rotate_interval: Duration::try_from_secs_f64(rotate_secs).ok().filter(|d| !d.is_zero()),
        keep: required(settings, "keep")?.extract()?,
    })
}

fn console(settings: &Bound<'_, PyDict>) -> PyResult<SinkSettings> {
    let is_stderr: bool = required(settings, "stderr")?.extract()?;
    let is_pretty: bool = required(settings, "pretty")?.extract()?;
    let colour: Option<bool> = required(settings, "colour")?.extract()?;
    Ok(SinkSettings::Console(
        if is_stderr { Stream::Stderr } else { Stream::Stdout },
        if is_pretty { Layout::Pretty } else { Layout::Compact },
        match colour {
            None => Colour::Auto,
            Some(true) => Colour::Always,
            Some(false) => Colour::Never,
        },
    ))
}

fn required<'py>(settings: &Bound<'py, PyDict>, key: &str) -> PyResult<Bound<'py, PyAny>> {
    let missing = || PyValueError::new_err(format!("the sink's settings have no `{key}`"));
    settings.get_item(key)?.ok_or_else(missing)
}
