//! What is shown and why: readings of the session and keys come in, rows and pages come out.
//!
//! Knows no terminal, no clock and no file; every step can be tested by calling it.

mod cursor;
mod exceptions;
mod functions;
mod keys;
mod order;
mod pressing;
mod processes;
mod rates;
mod seen;
#[cfg(test)]
pub(crate) mod staging;
#[cfg(test)]
mod tests;

use std::time::Duration;

use ghost_model::{FunctionId, Session, glob_matches};
use ghost_store::LiveState;

use cursor::Cursor;
use functions::Functions;
use processes::Processes;

pub(crate) use exceptions::ExceptionRow;
pub(crate) use functions::latency_ns;
pub(crate) use keys::{BINDINGS, Binding};
pub(crate) use processes::OwnCost;

pub use functions::Row;
pub use keys::Key;
pub use order::SortBy;

/// What the user asked for when starting.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What to sort by at first.
    pub sort: SortBy,
    /// How many functions to show at most.
    pub top: Option<usize>,
    /// Only functions of modules whose name matches this glob.
    pub module: Option<String>,
}

/// The session at one moment.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What was read.
    pub live: LiveState,
    /// When, nanoseconds since the Unix epoch.
    pub now_unix_ns: u64,
    /// When, after the beginning of watching; never goes back.
    pub at: Duration,
}

/// What is to be seen in place of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// One function.
    Detail(FunctionId),
    /// Exceptions and who caught them.
    Exceptions,
    /// Processes, their cost and what they could not record.
    Processes,
    /// The keys.
    Help,
}

/// What only the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// End.
    Quit,
    /// Give the terminal back to the shell.
    Suspend,
    /// Draw everything anew.
    Redraw,
}

/// The text that names of functions must contain.
#[derive(Clone, Debug, Default)]
struct Filter {
    text: String,
    /// The text before, while a new one is typed.
    before: Option<String>,
}

/// What is known of the session as a whole.
#[derive(Clone, Debug)]
struct Latest {
    session: Session,
    now_unix_ns: u64,
    is_final: bool,
}

/// The state of the view.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    settings: Settings,
    reversed: bool,
    bodies: bool,
    paused: bool,
    filter: Filter,
    /// What lies over the table, the latest last.
    pages: Vec<Page>,
    latest: Option<Latest>,
    functions: Functions,
    processes: Processes,
    selection: Selection,
    cursor: Cursor,
    /// First line of the page that is on the screen, and how many lines it has.
    scroll: usize,
    lines: usize,
    /// Lines on the screen for the table or page.
    height: usize,
    problem: Option<String>,
}

/// Which functions are in the table.
#[derive(Clone, Debug, Default)]
struct Selection {
    /// Those shown, in their order.
    shown: Vec<FunctionId>,
    /// Those beyond `--top`.
    cut: u64,
    /// Module and class bodies left out.
    bodies: u64,
}

impl Watch {
    /// Nothing was read yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Takes a reading. While the view is held still, it is dropped.
    pub fn take(&mut self, reading: Reading) {
        if self.paused {
            return;
        }
        let Reading { live, now_unix_ns, at } = reading;
        let LiveState { session, processes, recording, is_final, .. } = live;
        let moved = self.functions.update(recording, at);
        self.processes.update(processes, self.functions.latest_tick());
        self.latest = Some(Latest { session, now_unix_ns, is_final });
        self.problem = None;
        self.cursor.rename(|id| moved.id_of(id));
        let renamed = |page: Page| match page {
            Page::Detail(id) => moved.id_of(id).map(Page::Detail),
            other => Some(other),
        };
        self.pages = self.pages.iter().copied().filter_map(renamed).collect();
        self.reorder();
    }

    /// Notes why nothing could be read; shown until something can.
    pub fn fail(&mut self, problem: impl Into<String>) {
        self.problem = Some(problem.into());
    }

    /// Adapts to a screen with room for `height` lines of a table or page that has `lines`.
    pub(crate) fn fit(&mut self, height: usize, lines: usize) {
        (self.height, self.lines) = (height, lines);
        self.cursor.scroll(height, self.selection.shown.len());
        self.scroll = self.scroll.min(lines.saturating_sub(height));
    }

    /// Chooses and sorts the rows anew.
    fn reorder(&mut self) {
        let wanted = self.functions.rows.iter().filter(|row| self.is_wanted(row.id));
        let (bodies, mut rows): (Vec<&Row>, Vec<&Row>) =
            wanted.partition(|row| row.is_body && !self.bodies);
        let with_function = |row| (row, self.function((row as &Row).id));
        let sort = self.settings.sort;
        rows.sort_unstable_by(|a, b| order::compare(sort, with_function(*a), with_function(*b)));
        if self.reversed {
            rows.reverse();
        }
        let top = self.settings.top.unwrap_or(usize::MAX);
        let cut = rows.len().saturating_sub(top) as u64;
        let shown = rows.iter().take(top).map(|row| row.id).collect();
        self.selection = Selection { shown, cut, bodies: bodies.len() as u64 };
        self.cursor.find(&self.selection.shown);
    }

    fn is_wanted(&self, id: FunctionId) -> bool {
        let key = &self.function(id).key;
        let of_module =
            self.settings.module.as_ref().is_none_or(|glob| glob_matches(glob, &key.module));
        of_module && contains(&key.module, &key.qualname, &self.filter.text)
    }
}

/// Whether `module:qualname` contains a text, in whatever case.
fn contains(module: &str, qualname: &str, text: &str) -> bool {
    text.is_empty() || format!("{module}:{qualname}").to_lowercase().contains(&text.to_lowercase())
}
