//! Events on standard output or standard error: compact, one line of JSON each, or pretty, for eyes.
//!
//! Writes to a descriptor of its own, so that a program which closes its standard output and opens a
//! file never finds our lines in it. Names cannot move the cursor of a terminal.

use std::io::IsTerminal;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;

use super::{Item, Lines, Sink};
use crate::queue::Outcome;

mod pretty;

/// How often a terminal that takes nothing is asked again before a batch is given up.
const ASK_AGAIN_MAX: u32 = 100;
/// How long between.
const ASK_AGAIN: Duration = Duration::from_millis(1);

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How an event looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A line of JSON.
    Compact,
    /// Time, kind, name, duration, and what else is known.
    Pretty,
}

/// Whether pretty lines have colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Whatever it is.
    Always,
    /// Nowhere.
    Never,
}

/// See the top of this file.
#[derive(Debug)]
pub struct ConsoleSink {
    /// `None` where the program has none.
    to: Option<OwnedFd>,
    layout: Layout,
    has_colour: bool,
    lines: Lines,
}

impl ConsoleSink {
    /// A sink that writes to what is the stream now.
    pub fn new(stream: Stream, layout: Layout, colour: Colour) -> Self {
        let to = match stream {
            Stream::Stdout => own(rustix::stdio::stdout()),
            Stream::Stderr => own(rustix::stdio::stderr()),
        };
        let is_terminal = to.as_ref().is_some_and(IsTerminal::is_terminal);
        let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let has_colour = match colour {
            Colour::Auto => is_terminal && is_wanted,
            Colour::Always => true,
            Colour::Never => false,
        };
        Self { to, layout, has_colour, lines: Lines::default() }
    }

    /// How many lines could be written.
    fn write_lines(&self) -> usize {
        let mut rest = self.lines.text.as_slice();
        let mut waits = 0;
        while let (Some(to), false) = (&self.to, rest.is_empty()) {
            match rustix::io::write(to, rest) {
                Ok(count) => rest = &rest[count..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if waits < ASK_AGAIN_MAX => {
                    waits += 1;
                    std::thread::sleep(ASK_AGAIN);
                }
                Err(_) => break,
            }
        }
        let bytes = self.lines.text.len() - rest.len();
        self.lines.ends.iter().take_while(|end| **end <= bytes).count()
    }
}

impl Sink for ConsoleSink {
    fn write(&mut self, batch: &[Item]) -> Outcome {
        self.lines.fill(batch);
        if self.layout == Layout::Pretty {
            self.lines.rewrite(|line, out| pretty::write(line, self.has_colour, out));
        }
        let written = self.write_lines();
        self.lines.outcome(written)
    }
}

/// An event's line of JSON as the line for eyes, without its end.
pub fn pretty_line(line: &str, has_colour: bool) -> String {
    let mut out = String::new();
    pretty::write(line, has_colour, &mut out);
    out
}

fn own(fd: impl AsFd) -> Option<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(fd, 3).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::SpanLoss;
    use std::fs::File;
    use std::io::Read;

    fn shown(layout: Layout, events: &[&str]) -> (String, Outcome) {
        let (mut from, to) = std::io::pipe().expect("a pipe");
        let mut sink = ConsoleSink::new(Stream::Stderr, layout, Colour::Never);
        sink.to = Some(to.into());
        let items: Vec<_> = events.iter().map(|e| Item::Event(e.as_bytes().to_vec())).collect();
        let outcome = sink.write(&items);
        drop(sink);
        let mut text = String::new();
        from.read_to_string(&mut text).expect("UTF-8");
        (text, outcome)
    }

    #[test]
    fn compact_lines_are_the_events() {
        let (text, outcome) = shown(Layout::Compact, &[r#"{"kind":"A"}"#, r#"{"kind":"B"}"#]);
        assert_eq!(text, "{\"kind\":\"A\"}\n{\"kind\":\"B\"}\n");
        assert_eq!(outcome.dropped, 0);
    }

    #[test]
    fn pretty_lines_are_for_eyes() {
        let (text, _) = shown(
            Layout::Pretty,
            &[
                r#"{"kind":"REQ","dur_ns":15000000,"route":"/u/{id}","method":"GET","status":200,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","error":false}"#,
                r#"{"kind":"DB","dur_ns":8000000,"query":"SELECT 1\u001b[2J","rows":100,"error":true}"#,
                r#"{"kind":"CACHE","hit":true,"key":"a b"}"#,
                "not an object",
            ],
        );
        insta::assert_snapshot!(text, @r#"
        REQ    15.0ms  GET /u/{id}  200  trace=4bf92f35
        DB     8.00ms  SELECT 1\u{1b}[2J  rows=100  error
        CACHE            hit=true key="a b"
        not an object
        "#);
    }

    #[test]
    fn what_nobody_takes_is_dropped() {
        let full = File::options().write(true).open("/dev/full").expect("a full device");
        let mut sink = ConsoleSink::new(Stream::Stdout, Layout::Compact, Colour::Never);
        sink.to = Some(full.into());
        let outcome = sink.write(&[Item::Event(b"{}".to_vec()), Item::Event(b"{}".to_vec())]);
        assert_eq!(outcome, Outcome::dropped(2, SpanLoss::ExporterFailed));
    }
}
