//! Options of every command that observes: what is observed, what is kept, where it goes.

use clap::{Args, ValueEnum};

/// How to observe.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Debug, Args)]
pub(crate) struct Observing {
    /// Say nothing unless something goes wrong.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Which code to observe.
    #[arg(long, value_name = "WHICH", default_value = "project")]
    pub(crate) scope: Scope,
    /// Observe modules whose name matches, too (repeatable).
    #[arg(long, value_name = "GLOB", value_parser = one_line)]
    pub(crate) include: Vec<String>,
    /// Do not observe modules whose name matches (repeatable).
    #[arg(long, value_name = "GLOB", value_parser = one_line)]
    pub(crate) exclude: Vec<String>,
    /// Which single calls to keep as examples.
    #[arg(long, value_name = "WHICH", default_value = "sample")]
    pub(crate) events: Events,
    /// How many of them to keep per function.
    #[arg(long, value_name = "N", default_value_t = 16,
        value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) events_per_function: u32,
    /// Percent of the program's time that observing may take. Functions called so often that they
    /// would take more are observed now and then: their numbers become estimates (≈).
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) budget: Option<f64>,
    /// Keep the exact call tree, for flame graphs: some 6 ns more per call. With `--serve` by itself,
    /// under a budget not at all.
    #[arg(long)]
    pub(crate) tree: bool,
    /// Where to send requests, queries and functions, too: `otlp[=URL]`, `jsonl=FOLDER`, `console`, or
    /// as metrics `prometheus[=ADDRESS:PORT]` (repeatable).
    #[arg(long, value_name = "WHERE")]
    pub(crate) exporter: Vec<String>,
    /// Do not record requests, neither answered nor sent.
    #[arg(long)]
    pub(crate) no_web: bool,
    /// Do not record queries.
    #[arg(long)]
    pub(crate) no_db: bool,
    /// Do not observe functions: record requests and queries only.
    #[arg(long)]
    pub(crate) no_functions: bool,
    /// Allow no probes from outside: no control socket either.
    #[arg(long)]
    pub(crate) no_probes: bool,
    /// Whether probes from outside may show values of the program.
    #[arg(long, value_name = "WHETHER", default_value = "allow")]
    pub(crate) probe_values: ProbeValues,
    /// Allow probes from outside only for what matches (repeatable).
    #[arg(long, value_name = "GLOB", value_parser = one_line)]
    pub(crate) probe_target: Vec<String>,
    /// How many single requests, queries and the like to keep; totals are of all of them.
    #[arg(long, value_name = "N", default_value_t = 20_000,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub(crate) spans_max: u32,
    /// What to call the session; the name then stands for it wherever a session id does.
    #[arg(long, value_name = "NAME", value_parser = session_name)]
    pub(crate) name: Option<String>,
    /// What to remember about the session; `ghost sessions` shows it.
    #[arg(long, value_name = "TEXT", value_parser = session_note)]
    pub(crate) note: Option<String>,
}

/// Which code is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// Code of the project.
    Project,
    /// Everything, the standard library and installed packages too.
    All,
}

/// Which single calls are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Events {
    /// The latest of each function.
    Sample,
    /// Every call that can be kept without slowing the program down.
    All,
    /// None.
    None,
}

/// Whether values may leave the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProbeValues {
    /// Those a probe asks for.
    Allow,
    /// None: only counts and times.
    Forbid,
}

/// Characters of a name: more would fill the line it is listed in.
const NAME_LENGTH_MAX: usize = 60;
/// Characters of a note: it is one line, not a document.
const NOTE_LENGTH_MAX: usize = 500;

/// A name that cannot be taken for a session id, and is a single line.
fn session_name(text: &str) -> Result<String, String> {
    if matches!(text, "latest" | "previous") {
        return Err(format!("`{text}` stands for a session by its age"));
    }
    if is_start_of_an_id(text) {
        return Err("it could be taken for a session id".into());
    }
    single_line(text, NAME_LENGTH_MAX)
}

/// Whether a session id could begin like this: digits, then perhaps a dash and hex digits.
fn is_start_of_an_id(text: &str) -> bool {
    let (time, salt) = text.split_once('-').unwrap_or((text, ""));
    let digits = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
    digits && salt.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn session_note(text: &str) -> Result<String, String> {
    single_line(text, NOTE_LENGTH_MAX)
}

fn single_line(text: &str, length_max: usize) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        Err("it is empty".into())
    } else if text.chars().any(char::is_control) {
        Err("it holds a control character".into())
    } else if text.chars().count() > length_max {
        Err(format!("it is longer than {length_max} characters"))
    } else {
        Ok(text.into())
    }
}

/// A share that leaves something to the program.
fn percent(text: &str) -> Result<f64, &'static str> {
    let percent = text.strip_suffix('%').unwrap_or(text).parse().ok();
    let percent = percent.filter(|percent: &f64| (0.1..=50.0).contains(percent));
    percent.ok_or("a budget is a number of percent from 0.1 to 50")
}

/// Refuses what the line-based run settings could not carry.
fn one_line(text: &str) -> Result<String, &'static str> {
    if text.contains(['\n', '\r']) {
        Err("a glob cannot hold a line break")
    } else {
        Ok(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_id_and_no_paragraph() {
        for name in ["before-refactor", "v1.2", "größer", "deadbeef", "2024-11-01"] {
            assert_eq!(session_name(name), Ok(name.to_owned()));
        }
        let long = "n".repeat(NAME_LENGTH_MAX + 1);
        for name in
            ["", "  ", "latest", "previous", "17", "1763630000-0a1b2c3d", "2024-11", "a\nb", &long]
        {
            assert!(session_name(name).is_err(), "{name}");
        }
        assert_eq!(session_note(" why "), Ok("why".to_owned()));
    }
}
