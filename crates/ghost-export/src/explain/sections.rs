//! What is said of a function, section by section, before anybody decides how it looks.

use ghost_analysis::explain::{Bar, Caller, Facts, Latency, close_duration};
use ghost_model::{FunctionKey, FunctionKind, percentage, thousands, visible};

use super::ExplainView;

/// Rows of a section beyond this many are counted.
const ROWS_MAX: usize = 8;

/// A heading with rows.
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) rows: Vec<Row>,
}

/// One row of a section.
pub(super) enum Row {
    /// A name with its share of a whole, and a remark.
    Share { name: [String; 2], count: u64, whole: u64, note: String },
    /// Words.
    Words(String),
    /// A line of source with its number.
    Source(u32, String),
}

/// `calculate_discount`, then where and what it is.
pub(super) fn title(view: &ExplainView<'_>) -> [String; 2] {
    let facts = view.facts;
    let kind = match facts.kind {
        FunctionKind::Function => String::new(),
        kind => format!(" · {}", kind.as_str().replace('_', " ")),
    };
    let key = &facts.key;
    let place = format!("{}:{} · module {}{kind}", facts.file, key.line, key.module);
    let session = format!("session {} · {}", view.session.id, view.session.script);
    [visible(&key.qualname).into_owned(), visible(&format!("{place} · {session}")).into_owned()]
}

/// All sections that are not empty, in the order in which they are read.
pub(super) fn sections(view: &ExplainView<'_>) -> Vec<Section> {
    let facts = view.facts;
    let all = [
        Some(calls(facts)),
        facts.latency.as_ref().map(latency),
        distribution("Argument types", arguments(facts)),
        distribution("Argument signatures", signatures(facts)),
        distribution("Return types", named("", &facts.returns)),
        distribution("Yielded types", named("", &facts.yields)),
        by_caller(facts),
        callers(facts),
        callees(facts),
        declared(view),
        source(view),
    ];
    all.into_iter().flatten().collect()
}

/// `1,234`, or `≈1,234 ± 56` where it is an estimate.
fn call_count(facts: &Facts) -> String {
    let count = thousands(facts.call_count);
    match facts.call_count_se {
        0 => count,
        error => format!("≈{count} ± {}", thousands(error)),
    }
}

fn calls(facts: &Facts) -> Section {
    let rate = percentage(facts.exception_count, facts.call_count);
    let mut rows = vec![
        Row::Words(format!("call count      {}", call_count(facts))),
        Row::Words(match facts.exception_count {
            0 => "exception rate  0%".into(),
            count => format!("exception rate  {rate}  ({})", thousands(count)),
        }),
    ];
    for raised in facts.exceptions.iter().take(ROWS_MAX) {
        let end = match &raised.caught_by {
            Some(catcher) => format!("caught in {}", place(catcher)),
            None => "caught by nobody that was seen".into(),
        };
        let exception = visible(&raised.exception);
        rows.push(Row::Words(format!("  {exception}  {}  {end}", thousands(raised.count))));
    }
    rows.extend(more(facts.exceptions.len()));
    for (exception, count) in facts.handled.iter().take(ROWS_MAX) {
        rows.push(Row::Words(format!(
            "catches         {}  {}",
            visible(exception),
            thousands(*count)
        )));
    }
    rows.extend(more(facts.handled.len()));
    Section { heading: "Calls".into(), rows }
}

fn latency(latency: &Latency) -> Section {
    let [mean, min, max] = [latency.mean_ns, latency.min_ns, latency.max_ns].map(close_duration);
    let [p50, p90, p95, p99] =
        [latency.p50_ns, latency.p90_ns, latency.p95_ns, latency.p99_ns].map(close_duration);
    let bar = |bar: &Bar| Row::Share {
        name: [String::new(), format!("≤ {}", close_duration(bar.to_ns))],
        count: bar.count,
        whole: latency.ended_count,
        note: String::new(),
    };
    let numbers = [
        format!("mean {mean} · min {min} · max {max}"),
        format!("p50 {p50} · p90 {p90} · p95 {p95} · p99 {p99}"),
    ];
    let rows = numbers.into_iter().map(Row::Words).chain(latency.bars.iter().map(bar)).collect();
    Section { heading: "Latency".into(), rows }
}

fn arguments(facts: &Facts) -> Vec<Row> {
    let mut rows = Vec::new();
    for argument in &facts.arguments {
        for (index, one) in argument.types.iter().take(ROWS_MAX).enumerate() {
            let name =
                if index == 0 { visible(&argument.name).into_owned() } else { String::new() };
            let callers: Vec<String> = one
                .callers
                .iter()
                .take(3)
                .map(|(key, count)| format!("{} ({})", visible(&key.qualname), thousands(*count)))
                .collect();
            let note = match one.callers.len() {
                0 => String::new(),
                1..=3 => format!("from {}", callers.join(", ")),
                count => format!("from {} and {} more", callers.join(", "), count - 3),
            };
            let name = [name, visible(&one.name).into_owned()];
            rows.push(Row::Share { name, count: one.count, whole: facts.call_count, note });
        }
        rows.extend(more(argument.types.len()));
    }
    rows
}

/// Only where they say more than the parameters one by one.
fn signatures(facts: &Facts) -> Vec<Row> {
    let mixed = facts.arguments.iter().filter(|argument| argument.types.len() > 1).count();
    if mixed < 2 { Vec::new() } else { named("", &facts.signatures) }
}

fn named(prefix: &str, counts: &[(String, u64)]) -> Vec<Row> {
    let whole = counts.iter().map(|(_, count)| count).sum();
    let row = |(name, count): &(String, u64)| Row::Share {
        name: [prefix.to_owned(), visible(name).into_owned()],
        count: *count,
        whole,
        note: String::new(),
    };
    counts.iter().take(ROWS_MAX).map(row).chain(more(counts.len())).collect()
}

/// Which caller passes what, and gets what, where there are several of both.
fn by_caller(facts: &Facts) -> Option<Section> {
    let known = |caller: &&Caller| !caller.signatures.is_empty() || !caller.returns.is_empty();
    let callers: Vec<&Caller> = facts.callers.iter().filter(known).collect();
    let mixed = facts.signatures.len() > 1 || facts.returns.len() > 1;
    if callers.len() < 2 || !mixed {
        return None;
    }
    let list = |counts: &[(String, u64)]| {
        let shown = counts.iter().take(4);
        let mut shown: Vec<String> =
            shown.map(|(name, count)| format!("{} {}", visible(name), thousands(*count))).collect();
        if counts.len() > 4 {
            shown.push(format!("{} more", counts.len() - 4));
        }
        if shown.is_empty() { "-".into() } else { shown.join(", ") }
    };
    let row = |caller: &&Caller| {
        let [passed, returned] = [&caller.signatures, &caller.returns].map(|counts| list(counts));
        Row::Words(format!("{}  {passed}  →  {returned}", place(&caller.key)))
    };
    let rows = callers.iter().take(ROWS_MAX).map(row).chain(more(callers.len())).collect();
    let sampled = if facts.callers_are_sampled { " (of sampled calls)" } else { "" };
    Some(Section { heading: format!("Types by caller{sampled}"), rows })
}

fn callers(facts: &Facts) -> Option<Section> {
    let row = |caller: &Caller| Row::Share {
        name: [String::new(), place(&caller.key)],
        count: caller.call_count,
        whole: facts.call_count,
        note: String::new(),
    };
    let rows = facts.callers.iter().take(ROWS_MAX).map(row);
    distribution("Top callers", rows.chain(more(facts.callers.len())).collect())
}

fn callees(facts: &Facts) -> Option<Section> {
    let whole = facts.callees.iter().map(|(_, count)| count).sum();
    let row = |(key, count): &(FunctionKey, u64)| Row::Share {
        name: [String::new(), place(key)],
        count: *count,
        whole,
        note: format!("{:.2} a call", *count as f64 / facts.call_count.max(1) as f64),
    };
    let rows = facts.callees.iter().take(ROWS_MAX).map(row);
    distribution("Top callees", rows.chain(more(facts.callees.len())).collect())
}

fn declared(view: &ExplainView<'_>) -> Option<Section> {
    let declared = &view.excerpt?.declared;
    let facts = view.facts;
    let observed = |types: &[&str]| {
        let shown: Vec<_> = types.iter().take(4).map(|name| visible(name)).collect();
        let more = if types.len() > 4 { ", …" } else { "" };
        if shown.is_empty() { "nothing".into() } else { shown.join(", ") + more }
    };
    let row = |name: &str, annotation: Option<&str>, types: &[&str]| {
        let annotation = annotation.map_or_else(|| "-".into(), visible);
        Row::Words(format!("{}: {annotation}  observed {}", visible(name), observed(types)))
    };
    let mut rows: Vec<Row> = facts
        .arguments
        .iter()
        .map(|argument| {
            let types: Vec<&str> = argument.types.iter().map(|one| one.name.as_str()).collect();
            row(&argument.name, declared.parameter(&argument.name), &types)
        })
        .collect();
    // A generator's annotation is about what it yields.
    let (results, verb) =
        if facts.yields.is_empty() { (&facts.returns, "") } else { (&facts.yields, "yields ") };
    let types: Vec<String> = results.iter().map(|(name, _)| format!("{verb}{name}")).collect();
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    rows.push(row("return", declared.returns.as_deref(), &types));
    Some(Section { heading: "Declared and observed".into(), rows })
}

fn source(view: &ExplainView<'_>) -> Option<Section> {
    let excerpt = view.excerpt?;
    let line = |(number, text): (u32, &String)| {
        Row::Source(number, visible(&text.replace('\t', "    ")).into_owned())
    };
    let mut rows: Vec<Row> = (excerpt.first_line..).zip(&excerpt.lines).map(line).collect();
    if excerpt.cut_count > 0 {
        rows.push(Row::Words(format!("… {} more lines", excerpt.cut_count)));
    }
    let moved = if excerpt.has_moved { " (changed since it was recorded)" } else { "" };
    let file = visible(&view.facts.file);
    Some(Section { heading: format!("Source  {file}:{}{moved}", excerpt.first_line), rows })
}

fn distribution(heading: &str, rows: Vec<Row>) -> Option<Section> {
    (!rows.is_empty()).then(|| Section { heading: heading.into(), rows })
}

fn more(count: usize) -> Option<Row> {
    let beyond = count.saturating_sub(ROWS_MAX);
    (beyond > 0).then(|| Row::Words(format!("… {beyond} more")))
}

/// `main (line 40)`; module bodies by their module.
fn place(key: &FunctionKey) -> String {
    match key.qualname.as_str() {
        "<root>" => "no Python caller".into(),
        "<module>" => format!("{} (module)", visible(&key.module)),
        name => format!("{} (line {})", visible(name), key.line),
    }
}
