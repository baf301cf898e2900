//! What there is to see of the state.

use ghost_model::{Counter, Function, FunctionId, Labels, Profile, Recording, Session};
use ghost_store::LiveProcess;

use super::exceptions::{self, ExceptionRow};
use super::functions::{Row, latency_ns};
use super::{OwnCost, Page, SortBy, Watch};

impl Watch {
    /// The session, after the first reading.
    pub fn session(&self) -> Option<&Session> {
        self.latest.as_ref().map(|latest| &latest.session)
    }

    /// Whether nothing will change any more.
    pub fn is_final(&self) -> bool {
        self.latest.as_ref().is_some_and(|latest| latest.is_final)
    }

    /// How long the session took; for a running one, until the latest reading.
    pub fn duration_ns(&self) -> Option<u64> {
        let latest = self.latest.as_ref()?;
        let running = (!latest.is_final).then_some(latest.now_unix_ns);
        let end = latest.session.end_unix_ns.or(running)?;
        Some(end.saturating_sub(latest.session.start_unix_ns))
    }

    /// Calls per second of the whole session since the previous reading.
    pub fn calls_per_second(&self) -> Option<f64> {
        self.functions.calls_per_second()
    }

    /// The functions in the table, in their order.
    pub fn shown(&self) -> &[FunctionId] {
        &self.selection.shown
    }

    /// Functions that `top` cuts off.
    pub fn cut(&self) -> u64 {
        self.selection.cut
    }

    /// Module and class bodies left out.
    pub fn bodies_hidden(&self) -> u64 {
        self.selection.bodies
    }

    /// What everything is sorted by.
    pub fn sort(&self) -> SortBy {
        self.settings.sort
    }

    /// The numbers of a function; `None` where it was not called.
    pub fn row(&self, id: FunctionId) -> Option<&Row> {
        let rows = &self.functions.rows;
        rows.binary_search_by_key(&id, |row| row.id).ok().and_then(|index| rows.get(index))
    }

    /// What is known of a function.
    pub fn function(&self, id: FunctionId) -> &Function {
        self.functions.recording.function(id)
    }

    /// What was measured of a function.
    pub fn profile(&self, id: FunctionId) -> Option<&Profile> {
        self.functions.recording.profiles.get(id.index())
    }

    /// The commonest signature of a function, `(int, str)`.
    pub fn signature(&self, id: FunctionId) -> Option<String> {
        let signature = self.profile(id)?.dominant_signature()?;
        Some(self.labels().signature(signature))
    }

    /// A quantile of a function's latency.
    pub fn latency_ns(&self, id: FunctionId, quantile: f64) -> Option<u64> {
        latency_ns(self.profile(id)?, quantile)
    }

    /// What could not be recorded: counters that are not zero.
    pub fn gaps(&self) -> Vec<(Counter, u64)> {
        self.processes.gaps()
    }

    pub(crate) fn labels(&self) -> &Labels {
        &self.functions.labels
    }

    pub(crate) fn recording(&self) -> &Recording {
        &self.functions.recording
    }

    /// Calls per second of a function at the latest readings, oldest first.
    pub(crate) fn rates(&self, id: FunctionId, width: usize) -> Vec<f64> {
        self.functions.rates(id, width)
    }

    pub(crate) fn process_rows(&self) -> Vec<(&LiveProcess, Option<f64>)> {
        self.processes.rows(&self.functions.clock)
    }

    /// How many processes there are, and how many of them run.
    pub(crate) fn process_counts(&self) -> (u64, u64) {
        self.processes.counts()
    }

    pub(crate) fn own_cost(&self) -> Option<OwnCost> {
        self.processes.own_cost()
    }

    pub(crate) fn exception_rows(&self) -> Vec<ExceptionRow> {
        exceptions::rows(self.recording(), |id| self.is_wanted(id))
    }

    /// The page over the table, if there is one.
    pub(crate) fn page(&self) -> Option<Page> {
        self.pages.last().copied()
    }

    /// First line of the page that is on the screen.
    pub(crate) fn scroll(&self) -> usize {
        self.scroll
    }

    /// The functions that are on the screen.
    pub(crate) fn on_screen(&self, height: usize) -> &[FunctionId] {
        let rest = self.selection.shown.get(self.cursor.first()..).unwrap_or_default();
        &rest[..rest.len().min(height)]
    }

    /// The function under the cursor.
    pub(crate) fn selected(&self) -> Option<FunctionId> {
        self.selection.shown.get(self.cursor.position()).copied()
    }

    /// The line of the cursor in the table, counted from one.
    pub(crate) fn selected_line(&self) -> usize {
        self.cursor.position() + 1
    }

    /// The text of the filter, and whether it is being typed.
    pub(crate) fn filter(&self) -> (&str, bool) {
        (&self.filter.text, self.filter.before.is_some())
    }

    pub(crate) fn is_reversed(&self) -> bool {
        self.reversed
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}
