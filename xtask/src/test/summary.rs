//! The account of a test run: one line per stage, and whether all is well.

use std::fmt;
use std::time::{Duration, Instant};

use crate::steps::duration_text;

/// How a stage ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ending {
    Passed,
    Failed(String),
    Skipped(String),
}

/// The stages so far.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    stages: Vec<(String, Ending, Duration)>,
}

impl Summary {
    /// Announces and runs a stage; tells whether it passed.
    pub(crate) fn stage<E: fmt::Display>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<(), E>,
    ) -> bool {
        println!("\n=== {name}");
        let begin = Instant::now();
        let ending = match work() {
            Ok(()) => Ending::Passed,
            Err(error) => {
                let error = error.to_string();
                println!("{error}");
                Ending::Failed(error.lines().next().unwrap_or_default().to_owned())
            }
        };
        let passed = ending == Ending::Passed;
        self.stages.push((name.to_owned(), ending, begin.elapsed()));
        passed
    }

    /// Records a stage that failed before it could start.
    pub(crate) fn fail(&mut self, name: &str, reason: &str) {
        self.stages.push((name.to_owned(), Ending::Failed(reason.to_owned()), Duration::ZERO));
    }

    /// Records a stage that could not be run here and need not be.
    pub(crate) fn skip(&mut self, name: &str, reason: &str) {
        self.stages.push((name.to_owned(), Ending::Skipped(reason.to_owned()), Duration::ZERO));
    }

    /// Whether nothing failed.
    pub(crate) fn is_success(&self) -> bool {
        !self.stages.iter().any(|(_, ending, _)| matches!(ending, Ending::Failed(_)))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n=== summary")?;
        for (name, ending, took) in &self.stages {
            match ending {
                Ending::Passed => writeln!(f, "ok      {name} ({})", duration_text(*took))?,
                Ending::Failed(reason) => writeln!(f, "FAILED  {name}: {reason}")?,
                Ending::Skipped(reason) => writeln!(f, "skipped {name}: {reason}")?,
            }
        }
        let verdict = if self.is_success() { "all passed" } else { "something failed" };
        let total = self.stages.iter().map(|(_, _, took)| *took).sum();
        writeln!(f, "{verdict} in {}", duration_text(total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_stage_fails_the_run() {
        let mut summary = Summary::default();
        assert!(summary.stage("good", || Ok::<(), &str>(())));
        assert!(summary.is_success());
        assert!(!summary.stage("bad", || Err("first line\nsecond line")));
        assert!(!summary.is_success());
        let text = summary.to_string();
        assert!(text.contains("FAILED  bad: first line\n") && !text.contains("second"), "{text}");
    }

    #[test]
    fn a_skipped_stage_is_shown_and_fails_nothing() {
        let mut summary = Summary::default();
        summary.skip("python 3.15", "not root");
        assert!(summary.is_success());
        assert!(summary.to_string().contains("skipped python 3.15: not root"));
    }

    #[test]
    fn what_could_not_start_has_failed() {
        let mut summary = Summary::default();
        summary.fail("python 3.12", "not found");
        assert!(!summary.is_success());
    }
}
