//! The page of one function: types, exceptions and their catchers, callers, distribution of latency.

mod latency;

use ghost_model::{
    Function, FunctionId, Profile, TypeId, counted, duration, percentage, thousands, visible,
};
use ratatui::text::{Line, Span};

use super::ink::Ink;
use super::wording::{bar, full_name, rate, sparkline};
use crate::state::Watch;

/// Columns of a bar.
const BAR: usize = 20;
/// Readings of the sparkline.
const TREND: usize = 60;

pub(super) fn title(watch: &Watch, id: FunctionId) -> Line<'static> {
    Line::from(Ink::title(full_name(watch.function(id))))
}

/// All lines of the page.
pub(super) fn lines(watch: &Watch, id: FunctionId, width: usize, ink: Ink) -> Vec<Line<'static>> {
    let Some(profile) = watch.profile(id) else { return Vec::new() };
    let mut page = Page { watch, ink, lines: Vec::new() };
    page.describe(watch.function(id));
    page.pace(id, profile, width);
    page.lines.extend(latency::lines(profile, ink));
    page.types(profile);
    page.exceptions(profile);
    page.callers(profile);
    page.callees(id);
    page.lines
}

/// A page that is being written.
struct Page<'a> {
    watch: &'a Watch,
    ink: Ink,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn describe(&mut self, function: &Function) {
        let place = format!("{}:{}", function.file, function.key.line);
        let text = format!(
            "{} in {place}, parameters ({})",
            function.kind.as_str().replace('_', " "),
            function.parameters.replace(',', ", "),
        );
        self.lines.push(Line::styled(visible(&text).into_owned(), Ink::faint()));
    }

    fn pace(&mut self, id: FunctionId, profile: &Profile, width: usize) {
        let mark = if profile.is_estimate() { "≈" } else { "" };
        let calls = format!("{mark}{}", counted(profile.call_count(), "call", "calls"));
        let raised = profile.exception_count();
        let share = percentage(raised, profile.call_count());
        let exceptions = format!("{}, {share}", counted(raised, "exception", "exceptions"));
        let pace = self.watch.row(id).and_then(|row| row.calls_per_second);
        let pace = pace.map(|calls| format!(" · {} calls/s", rate(calls))).unwrap_or_default();
        self.lines.push(Line::from(format!("{calls} · {exceptions}{pace}")));
        let times = format!(
            "total {} · self {} · on the stack {}",
            duration(profile.total_ns),
            duration(profile.self_ns),
            duration(profile.running_ns),
        );
        self.lines.push(Line::from(times));
        let rates = self.watch.rates(id, TREND.min(width));
        if rates.iter().any(|&rate| rate > 0.0) {
            let trend = sparkline(&rates, rates.len());
            self.lines.push(Line::styled(trend, self.ink.drawing()));
        }
    }

    fn types(&mut self, profile: &Profile) {
        let labels = self.watch.labels();
        let signatures = profile.args.iter().map(|(args, count)| (labels.signature(args), *count));
        self.section("ARGUMENT TYPES", signatures.collect());
        self.section("RETURNED", self.type_counts(&profile.returns));
        self.section("YIELDED", self.type_counts(&profile.yields));
    }

    fn type_counts(&self, counts: &[(TypeId, u64)]) -> Vec<(String, u64)> {
        let labels = self.watch.labels();
        counts.iter().map(|(id, count)| (labels.type_name(*id).to_owned(), *count)).collect()
    }

    fn exceptions(&mut self, profile: &Profile) {
        let labels = self.watch.labels();
        let raised = profile.exceptions.iter().map(|entry| {
            let caught = match entry.caught_by {
                Some(id) => format!("caught by {}", self.name(id)),
                None => "caught by nobody seen".into(),
            };
            (format!("{}, {caught}", labels.type_name(entry.exception)), entry.count)
        });
        self.section("EXCEPTIONS THAT LEFT IT", raised.collect());
        self.section("EXCEPTIONS IT CAUGHT", self.type_counts(&profile.handled));
    }

    /// Callers, and where types of arguments differ, who passes which.
    fn callers(&mut self, profile: &Profile) {
        let callers = profile.callers.iter().map(|(id, count)| (self.name(*id), *count));
        self.section("CALLERS", callers.collect());
        if profile.args.len() > 1 {
            let labels = self.watch.labels();
            let pairs = profile.args_by_caller.iter().map(|((id, args), count)| {
                (format!("{} from {}", labels.signature(args), self.name(*id)), *count)
            });
            self.section("WHO PASSES WHICH TYPES", pairs.collect());
        }
    }

    fn callees(&mut self, id: FunctionId) {
        let called_by = |profile: &Profile| {
            profile.callers.iter().find(|(caller, _)| *caller == id).map(|(_, count)| *count)
        };
        let recording = self.watch.recording();
        let callees = recording
            .observed()
            .filter_map(|(callee, _, profile)| Some((self.name(callee), called_by(profile)?)));
        self.section("CALLS", callees.collect());
    }

    fn name(&self, id: FunctionId) -> String {
        full_name(self.watch.function(id))
    }

    /// A title and one line per count, the largest first; nothing where there is nothing.
    fn section(&mut self, title: &'static str, mut counts: Vec<(String, u64)>) {
        counts.retain(|(_, count)| *count > 0);
        if counts.is_empty() {
            return;
        }
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.lines.push(Line::default());
        self.lines.push(Line::from(Ink::title(title)));
        let whole = counts.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count));
        for (text, count) in counts {
            let numbers = format!(" {:>11} {:>6}  ", thousands(count), percentage(count, whole));
            self.lines.push(Line::from(vec![
                Span::raw("  "),
                Span::styled(bar(count, whole, BAR), self.ink.drawing()),
                Span::raw(numbers),
                Span::raw(visible(&text).into_owned()),
            ]));
        }
    }
}
