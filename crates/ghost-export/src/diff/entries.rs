//! What is said of one function: a heading and one line for each difference.

use ghost_analysis::diff::{
    Direction, FunctionChange, LatencyChange, Novelty, OneSided, RateChange,
};
use ghost_model::{FunctionKey, thousands, visible};

use super::numbers::{duration, factor, probability, share};

/// Names beyond this many of one kind are counted.
const NAMES_MAX: usize = 5;

/// Whether a line is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A fact.
    Plain,
    /// Faster, or failing less.
    Better,
    /// Slower, or failing more.
    Worse,
    /// How sure the line before it is.
    Faint,
}

/// One line about a function.
pub(super) type Note = (Tone, String);

/// `process_order (line 42)`, with its module where the name alone could be another one.
pub(super) fn title(key: &FunctionKey, line_before: u32, with_module: bool) -> String {
    let name =
        if with_module { format!("{}.{}", key.module, key.qualname) } else { key.qualname.clone() };
    let moved =
        if line_before == key.line { String::new() } else { format!(", was {line_before}") };
    format!("{} (line {}{moved})", visible(&name), key.line)
}

/// What is said of a function that came or went.
pub(super) fn one_sided(one: &OneSided) -> Vec<Note> {
    let times = match one.call_count {
        1 => "called once".to_owned(),
        count => format!("called {} times", thousands(count)),
    };
    let mean = one.latency_ns_mean.map(|ns| format!(", mean latency {}", duration(ns)));
    let rate = one.exception_count as f64 / one.call_count.max(1) as f64;
    let failing =
        (one.exception_count > 0).then(|| format!(", exception rate {}", share(rate.min(1.0))));
    vec![(Tone::Plain, [Some(times), mean, failing].into_iter().flatten().collect())]
}

/// What is said of a function that changed.
pub(super) fn changed(change: &FunctionChange) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(change) = &change.latency {
        notes.extend(latency(change));
    }
    notes.extend(calls(change));
    if let Some(rate) = change.exception_rate {
        notes.extend(exception_rate(rate));
    }
    novelty(&mut notes, "exception", &change.exceptions, Tone::Worse, String::clone);
    novelty(&mut notes, "arg signature", &change.signatures, Tone::Plain, String::clone);
    novelty(&mut notes, "return type", &change.returns, Tone::Plain, String::clone);
    novelty(&mut notes, "caller", &change.callers, Tone::Plain, |key| key.qualname.clone());
    notes
}

fn latency(change: &LatencyChange) -> [Note; 2] {
    let (before, after) = change.mean_ns;
    let (tone, arrow) = match change.direction {
        Direction::Faster => (Tone::Better, "↓ faster"),
        Direction::Slower => (Tone::Worse, "↑ slower"),
        Direction::FasterWithSlowCalls => {
            (Tone::Worse, "↑ slower, though a typical call is faster")
        }
        Direction::SlowerWithoutSlowCalls => {
            (Tone::Worse, "↓ faster, though a typical call is slower")
        }
    };
    let ratio = factor(after as f64 / before.max(1) as f64);
    let means =
        format!("mean latency: {} → {}  ({ratio}) {arrow}", duration(before), duration(after));
    let proof = change.tested.map_or_else(
        || "too few calls to test".to_owned(),
        |tested| format!("effect {:+.2} · {}", tested.effect, probability(tested.p)),
    );
    let (p95_before, p95_after) = change.p95_ns;
    let details = format!(
        "typical call {} · p95 {} → {} · {proof}",
        factor(change.ratio),
        duration(p95_before),
        duration(p95_after)
    );
    [(tone, means), (Tone::Faint, details)]
}

/// Calls are told where they changed, and where a latency stands alone: then it is worth knowing
/// that it is not the traffic.
fn calls(change: &FunctionChange) -> Option<Note> {
    let calls = change.calls;
    let (before, after) = (thousands(calls.before), thousands(calls.after));
    if calls.is_notable {
        let ratio = calls.ratio().map(factor).unwrap_or_default();
        let arrow = if calls.after > calls.before { "↑" } else { "↓" };
        return Some((Tone::Plain, format!("call count: {before} → {after}  ({ratio}) {arrow}")));
    }
    let is_alone = change.exception_rate.is_none()
        && change.exceptions.is_empty()
        && change.signatures.is_empty()
        && change.returns.is_empty()
        && change.callers.is_empty();
    let same = if calls.before == calls.after { "  (no change)" } else { "" };
    (change.latency.is_some() && is_alone)
        .then(|| (Tone::Plain, format!("call count: {before} → {after}{same}")))
}

fn exception_rate(rate: RateChange) -> [Note; 2] {
    let (before, after) = rate.shares();
    let (tone, arrow) = if rate.is_higher() { (Tone::Worse, "↑") } else { (Tone::Better, "↓") };
    let rates = format!("exception rate: {} → {}  {arrow}", share(before), share(after));
    let counts = |(failed, calls)| format!("{}/{}", thousands(failed), thousands(calls));
    let [before, after] = [rate.before, rate.after].map(counts);
    let details = format!("{before} → {after} calls · {}", probability(rate.p));
    [(tone, rates), (Tone::Faint, details)]
}

fn novelty<T>(
    notes: &mut Vec<Note>,
    what: &str,
    novelty: &Novelty<T>,
    tone_of_new: Tone,
    name: impl Fn(&T) -> String,
) {
    for (things, tone, before, after) in [
        (&novelty.new, tone_of_new, "new ", " observed"),
        (&novelty.gone, Tone::Plain, "", " gone"),
    ] {
        for (thing, _) in things.iter().take(NAMES_MAX) {
            notes.push((tone, format!("{before}{what}{after}: {}", visible(&name(thing)))));
        }
        let beyond = things.len().saturating_sub(NAMES_MAX);
        if beyond > 0 {
            let more = if before.is_empty() { "" } else { "new" };
            let plural = if beyond == 1 { "" } else { "s" };
            let text = format!("and {beyond} more {more} {what}{plural}{after}");
            notes.push((Tone::Faint, text.replace("  ", " ")));
        }
    }
}
