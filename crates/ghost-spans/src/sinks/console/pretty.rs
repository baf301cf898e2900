//! One event as a line for eyes: `12:00:00.123 REQ 15.0ms  GET /users/{id}  200  bytes_out=28`.
//!
//! Reads the event's JSON again: a person reads slower than this, and events of the program's own come as
//! text. What is no object is shown as it is.

use std::borrow::Cow;
use std::fmt::Write as _;

use ghost_model::{human_duration, visible};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// What stands at a place of its own, or says nothing to a person.
const PLACED: [&str; 13] = [
    "ts_ns", "kind", "dur_ns", "route", "fn", "query", "host", "method", "status", "error",
    "sampled", "trace_id", "span_id",
];
/// Digits of an id that tell traces on one screen apart.
const ID_DIGITS: usize = 8;
/// Before this, a time is no time of day but a count of something else: 2001.
const PLAUSIBLE_NS: i128 = 1_000_000_000_000_000_000;

const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const RED: &str = "\u{1b}[31m";
const RESET: &str = "\u{1b}[0m";

/// Writes the event without the end of its line.
pub(super) fn write(line: &str, has_colour: bool, out: &mut String) {
    match serde_json::from_str(line) {
        Ok(Value::Object(event)) => Line { event: &event, has_colour, out }.write(),
        _ => out.push_str(&visible(line)),
    }
}

struct Line<'a> {
    event: &'a Map<String, Value>,
    has_colour: bool,
    out: &'a mut String,
}

impl Line<'_> {
    fn write(&mut self) {
        if let Some(time) = self.event.get("ts_ns").and_then(time_of_day) {
            self.styled(DIM, &time);
            self.out.push(' ');
        }
        let kind = format!("{:<5}", self.text("kind").unwrap_or_default());
        self.styled(BOLD, &kind);
        let duration = self.event.get("dur_ns").and_then(Value::as_u64).map(human_duration);
        // Writing to a `String` cannot fail.
        let _ = write!(self.out, " {:>7}  ", duration.unwrap_or_default());
        let name = ["route", "fn", "query", "host"].iter().find_map(|key| self.text(key));
        if let Some(method) = self.text("method") {
            self.out.push_str(&method);
            self.out.push(' ');
        }
        self.out.push_str(&name.unwrap_or_default());
        self.status();
        self.rest();
    }

    fn status(&mut self) {
        let is_error = self.event.get("error").and_then(Value::as_bool).unwrap_or_default();
        if let Some(status) = self.text("status") {
            self.out.push_str("  ");
            self.styled(if is_error { RED } else { "" }, &status);
        }
    }

    /// Everything that has no place of its own, then whether it failed, then the trace.
    fn rest(&mut self) {
        let mut separator = "  ";
        for (key, value) in self.event {
            if PLACED.contains(&key.as_str()) || value.is_null() {
                continue;
            }
            let value = match value {
                Value::String(text) if !text.contains([' ', '"']) => visible(text),
                other => Cow::Owned(visible(&other.to_string()).into_owned()),
            };
            let _ = write!(self.out, "{separator}{}={value}", visible(key));
            separator = " ";
        }
        if self.event.get("error").and_then(Value::as_bool).unwrap_or_default() {
            self.out.push_str("  ");
            self.styled(RED, "error");
        }
        if let Some(trace) = self.text("trace_id") {
            let digits: String = trace.chars().take(ID_DIGITS).collect();
            self.out.push_str("  ");
            self.styled(DIM, &format!("trace={digits}"));
        }
    }

    /// A field as one safe line; `None` where there is none.
    fn text(&self, key: &str) -> Option<String> {
        match self.event.get(key)? {
            Value::Null => None,
            Value::String(text) => Some(visible(text).into_owned()),
            other => Some(visible(&other.to_string()).into_owned()),
        }
    }

    fn styled(&mut self, style: &str, text: &str) {
        if self.has_colour && !style.is_empty() {
            let _ = write!(self.out, "{style}{text}{RESET}");
        } else {
            self.out.push_str(text);
        }
    }
}

/// In the time zone of the machine.
fn time_of_day(value: &Value) -> Option<String> {
    let ns = i128::from(value.as_u64()?);
    let time = Timestamp::from_nanosecond(ns).ok().filter(|_| ns >= PLAUSIBLE_NS)?;
    Some(time.to_zoned(TimeZone::system()).strftime("%H:%M:%S%.3f").to_string())
}
