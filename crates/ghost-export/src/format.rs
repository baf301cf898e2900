//! The formats there are, and the trait each of them implements.

use std::io::{self, Write};
use std::str::FromStr;

use crate::collapsed::Collapsed;
use crate::csv::Csv;
use crate::json::Json;
use crate::markdown::Markdown;
#[cfg(feature = "parquet")]
use crate::parquet::Parquet;
use crate::pprof::Pprof;
use crate::speedscope::Speedscope;
use crate::trace::Trace;
use crate::view::ExportView;

/// Why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The destination does not take it; a closed pipe is one of these.
    #[error("cannot write the export")]
    Output(#[from] io::Error),
}

/// Writes a view in one format.
pub trait Exporter {
    /// Writes all of it. The destination should be buffered.
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError>;
}

/// A format by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One object; the schema is documented and versioned.
    Json,
    /// One line per function.
    Csv,
    /// A table for reviews and tickets.
    Markdown,
    /// Frames and stacks for speedscope.
    Speedscope,
    /// One line per stack, for flame graphs.
    Collapsed,
    /// Compressed protobuf, for `pprof`.
    Pprof,
    /// The sampled activations on a line of time, for Perfetto and Chrome.
    Trace,
    /// One row per function, for data frames.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    /// Every format, in the order they are offered.
    pub const ALL: &[Self] = &[
        Self::Json,
        Self::Csv,
        Self::Markdown,
        Self::Speedscope,
        Self::Collapsed,
        Self::Pprof,
        Self::Trace,
        #[cfg(feature = "parquet")]
        Self::Parquet,
    ];

    /// Whether the view must have its activations.
    pub fn needs_activations(self) -> bool {
        self == Self::Trace
    }

    /// Whether the view should have its call tree, where one was kept.
    pub fn needs_call_tree(self) -> bool {
        matches!(self, Self::Speedscope | Self::Collapsed | Self::Pprof)
    }

    /// Whether a terminal cannot show it.
    pub fn is_binary(self) -> bool {
        match self {
            Self::Pprof => true,
            #[cfg(feature = "parquet")]
            Self::Parquet => true,
            _ => false,
        }
    }

    /// The word users choose it by.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Speedscope => "speedscope",
            Self::Collapsed => "collapsed",
            Self::Pprof => "pprof",
            Self::Trace => "trace",
            #[cfg(feature = "parquet")]
            Self::Parquet => "parquet",
        }
    }

    fn exporter(self) -> &'static dyn Exporter {
        match self {
            Self::Json => &Json,
            Self::Csv => &Csv,
            Self::Markdown => &Markdown,
            Self::Speedscope => &Speedscope,
            Self::Collapsed => &Collapsed,
            Self::Pprof => &Pprof,
            Self::Trace => &Trace,
            #[cfg(feature = "parquet")]
            Self::Parquet => &Parquet,
        }
    }
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{word}`")]
pub struct FormatError {
    word: String,
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let format = Self::ALL.iter().copied().find(|format| format.as_str() == word);
        format.ok_or_else(|| FormatError { word: word.to_owned() })
    }
}

/// Writes a view in a format.
pub fn write(
    view: &ExportView<'_>,
    format: Format,
    output: &mut dyn Write,
) -> Result<(), ExportError> {
    format.exporter().write(view, output)
}

/// What a format makes of a session.
#[cfg(test)]
pub(crate) fn bytes_of(sample: &crate::sample::Sample, format: Format) -> Vec<u8> {
    let mut output = Vec::new();
    if let Err(error) = write(&sample.view(), format, &mut output) {
        panic!("{error}");
    }
    output
}

/// The same, for formats that are text.
#[cfg(test)]
pub(crate) fn text_of(sample: &crate::sample::Sample, format: Format) -> String {
    String::from_utf8_lossy(&bytes_of(sample, format)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_format_is_found_by_its_word() {
        for &format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert_eq!("xml".parse::<Format>().unwrap_err().to_string(), "unknown format `xml`");
    }

    /// Takes a few bytes, then nothing more.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_keeps_its_kind() {
        let sample = sample::session();
        for &format in Format::ALL {
            let ExportError::Output(error) =
                write(&sample.view(), format, &mut Full(20)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{format:?}");
        }
    }
}
