//! What is said about a sink that has trouble: the first time at once, then once a minute at most.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two lines about one sink.
const SILENCE: Duration = Duration::from_mins(1);

/// Where lines go. Called from threads of sinks.
#[derive(Clone)]
pub struct Say(Arc<dyn Fn(&str) + Send + Sync>);

impl Say {
    /// Says lines through a function.
    pub fn new(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    /// Says a line.
    pub(crate) fn line(&self, line: &str) {
        (self.0)(line);
    }

    /// Says nothing.
    pub fn nothing() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Say(…)")
    }
}

/// The lines about one sink.
#[derive(Debug)]
pub(crate) struct Notices {
    say: Say,
    about: String,
    last: Option<Instant>,
}

impl Notices {
    /// About a sink.
    pub(crate) fn new(say: Say, about: String) -> Self {
        Self { say, about, last: None }
    }

    /// Says what is wrong, unless something was said lately.
    pub(crate) fn trouble(&mut self, reason: &str) {
        if self.last.is_some_and(|last| last.elapsed() < SILENCE) {
            return;
        }
        self.last = Some(Instant::now());
        self.say.line(&format!("exporter {}: {reason}", self.about));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn trouble_is_said_once_a_minute() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&said);
        let say = Say::new(move |line| memory.lock().unwrap().push(line.to_owned()));
        let mut notices = Notices::new(say, "`otlp` (`collector`)".into());
        (0..1_000).for_each(|_| notices.trouble("nobody listens there"));
        let lines = said.lock().unwrap().clone();
        assert_eq!(lines, ["exporter `otlp` (`collector`): nobody listens there"]);
    }
}
