//! Events as lines of JSON in files: one file per process, rotated by size and time.
//!
//! Every line in every file is complete: one `write` per batch, and what a full disk or a killed process
//! left behind an end of line is cut off again. What cannot be written is dropped, and the next batch
//! tries again. Nothing here is synced: the kernel keeps what a killed process wrote.

mod file;
mod folder;

use std::path::PathBuf;
use std::time::Duration;

use ghost_model::Span;

use super::{Item, Lines, Sink};
use crate::event::write_event;
use crate::queue::Outcome;
use file::ActiveFile;
use folder::Folder;

/// Where files are and when a new one is begun.
#[derive(Clone, Debug)]
pub struct JsonlSettings {
    /// The folder; made if it does not exist.
    pub dir: PathBuf,
    /// What every name begins with.
    pub prefix: String,
    /// Files do not grow beyond this, but for a single line that is longer. 0: no limit.
    pub rotate_bytes: u64,
    /// Files are not written to for longer than this.
    pub rotate_interval: Option<Duration>,
    /// So many rotated files stay, of all processes together.
    pub keep: Option<usize>,
}

/// See the top of this file.
#[derive(Debug)]
pub struct JsonlSink {
    settings: JsonlSettings,
    folder: Folder,
    file: Option<ActiveFile>,
    lines: Lines,
}

impl JsonlSink {
    /// A sink that opens its file when the first event comes.
    pub fn new(settings: JsonlSettings) -> Self {
        let folder = Folder::new(&settings);
        Self { settings, folder, file: None, lines: Lines::default() }
    }

    /// Writes spans that were read already.
    pub fn write_spans(&mut self, spans: &[Span]) -> Outcome {
        self.lines.clear();
        for span in spans {
            write_event(span, &mut self.lines.text);
            self.lines.end_line();
        }
        self.write_lines()
    }

    fn write_lines(&mut self) -> Outcome {
        let mut written = 0;
        // Failing is counted, not reported: the reason is the same for every batch until somebody acts.
        while written < self.lines.ends.len() {
            match self.write_some(written) {
                Ok(count) if count > 0 => written += count,
                _ => break,
            }
        }
        self.lines.outcome(written)
    }

    /// Writes as many lines from `first` on as the present file may take.
    fn write_some(&mut self, first: usize) -> std::io::Result<usize> {
        let mut file = self.file_for(self.length_of(first))?;
        let room = match self.settings.rotate_bytes {
            0 => u64::MAX,
            limit => limit.saturating_sub(file.bytes()),
        };
        let begin = self.begin_of(first);
        let fits = |end: &&usize| (**end - begin) as u64 <= room;
        let count = self.lines.ends[first..].iter().take_while(fits).count().max(1);
        let ends = &self.lines.ends[first..first + count];
        let text = &self.lines.text[begin..ends.last().copied().unwrap_or(begin)];
        let outcome = file.append(text);
        let bytes = outcome.written;
        let complete = ends.iter().take_while(|end| **end - begin <= bytes).count();
        let length = complete.checked_sub(1).map_or(0, |last| ends[last] - begin);
        match outcome.error {
            None => self.file = Some(file),
            // Without its torn line, or opened and repaired again.
            Some(_) => self.file = file.cut_torn(length as u64),
        }
        outcome
            .error
            .map_or(Ok(complete), |error| if complete > 0 { Ok(complete) } else { Err(error) })
    }

    /// The file to write a line of this length to: the present one, or a new one.
    fn file_for(&mut self, length: usize) -> std::io::Result<ActiveFile> {
        let present = self.file.take().and_then(ActiveFile::still_in_place);
        let Some(file) = present else { return self.folder.open() };
        let limit = match self.settings.rotate_bytes {
            0 => u64::MAX,
            limit => limit,
        };
        let is_full = file.bytes() + length as u64 > limit;
        let is_old = self.settings.rotate_interval.is_some_and(|limit| file.age() >= limit);
        if file.bytes() == 0 || !(is_full || is_old) {
            return Ok(file);
        }
        match self.folder.rotate(&file) {
            Ok(()) => self.folder.open(),
            // Better a long file than none, unless a bound was asked for.
            Err(_) if self.settings.keep.is_none() => Ok(file),
            Err(error) => {
                self.file = Some(file);
                Err(error)
            }
        }
    }

    fn begin_of(&self, line: usize) -> usize {
        line.checked_sub(1).map_or(0, |before| self.lines.ends[before])
    }

    fn length_of(&self, line: usize) -> usize {
        self.lines.ends[line] - self.begin_of(line)
    }
}

impl Sink for JsonlSink {
    fn write(&mut self, batch: &[Item]) -> Outcome {
        self.lines.fill(batch);
        self.write_lines()
    }

    fn close(&mut self) {
        self.file = None;
    }
}

#[cfg(test)]
mod tests;
