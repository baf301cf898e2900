//! The facts in sentences: what a colleague would say who had watched the function.
//!
//! Says nothing that is not in [`Facts`], and nothing that everybody expects.

use ghost_model::{FunctionKey, FunctionKind, counted, percentage, thousands};

use super::{ArgumentType, Caller, Facts, RaisedException, close_duration};

/// A maximum this many times the median is worth a word.
const LONG_TAIL: u64 = 10;
/// Callers and types named in a sentence; the rest is counted.
const NAMED_MAX: usize = 3;

/// The explanation, one paragraph per string.
pub fn prose(facts: &Facts) -> Vec<String> {
    let paragraphs = [
        [calls(facts), recursion(facts)].concat(),
        [latency(facts), share_of_time(facts)].concat(),
        [exceptions(facts), handled(facts)].concat(),
        [arguments(facts), returns(facts)].concat(),
    ];
    paragraphs.iter().filter(|sentences| !sentences.is_empty()).map(|s| s.join(" ")).collect()
}

fn calls(facts: &Facts) -> Vec<String> {
    let name = format!("`{}`", facts.key.qualname);
    let what = match facts.kind {
        FunctionKind::Generator => ", a generator,",
        FunctionKind::Coroutine => ", a coroutine,",
        FunctionKind::AsyncGenerator => ", an async generator,",
        FunctionKind::ClassBody => ", the body of a class,",
        FunctionKind::Module => ", the body of a module,",
        _ => "",
    };
    let others: Vec<&Caller> =
        facts.callers.iter().filter(|caller| caller.key != facts.key).collect();
    let by = match others.as_slice() {
        [] => String::new(),
        [one] if facts.call_count == 1 => format!(", by {}", title(&one.key)),
        [one] if one.call_count == facts.call_count => format!(", always by {}", title(&one.key)),
        several => {
            let callers = several.iter().map(|caller| (title(&caller.key), caller.call_count));
            format!(", by {}", listed(callers.collect(), "caller"))
        }
    };
    vec![format!("{name}{what} was called {}{by}.", times(facts.call_count))]
}

fn recursion(facts: &Facts) -> Vec<String> {
    let count = facts.recursive_count();
    let share = percentage(count, facts.call_count);
    let text = format!("It calls itself: {share} of its calls come from its own body.");
    (count > 0).then_some(text).into_iter().collect()
}

fn latency(facts: &Facts) -> Vec<String> {
    let Some(latency) = &facts.latency else {
        return vec!["None of its calls has ended yet, so nothing is known of its latency.".into()];
    };
    if latency.ended_count == 1 {
        return vec![format!("The call took {}.", close_duration(latency.mean_ns))];
    }
    // Within an eighth of an octave: one bucket of the histogram.
    if latency.max_ns.saturating_sub(latency.min_ns) <= latency.min_ns / 11 {
        return vec![format!("Each call takes about {}.", close_duration(latency.mean_ns))];
    }
    let mean = format!(
        "A call takes {} on average; half of them take less than {}, one in twenty more than {}.",
        close_duration(latency.mean_ns),
        close_duration(latency.p50_ns),
        close_duration(latency.p95_ns)
    );
    let factor = latency.max_ns.checked_div(latency.p50_ns).unwrap_or(0);
    let tail = (factor >= LONG_TAIL).then(|| {
        let times = thousands(factor);
        format!("The slowest took {}, {times} times the median.", close_duration(latency.max_ns))
    });
    std::iter::once(mean).chain(tail).collect()
}

/// Where the time goes: into the function or into what it calls.
fn share_of_time(facts: &Facts) -> Vec<String> {
    let (Some((first, _)), true) = (facts.callees.first(), facts.running_ns > 0) else {
        return Vec::new();
    };
    let below = facts.running_ns.saturating_sub(facts.self_ns);
    // Less is not worth a sentence.
    if below < facts.running_ns / 100 {
        return Vec::new();
    }
    let share = percentage(below, facts.running_ns);
    let several = if facts.callees.len() > 1 { " and others" } else { "" };
    vec![format!("{share} of its time is spent in what it calls ({}{several}).", title(first))]
}

fn exceptions(facts: &Facts) -> Vec<String> {
    let Some(first) = facts.exceptions.first() else { return Vec::new() };
    let rate = percentage(facts.exception_count, facts.call_count);
    let count = thousands(facts.exception_count);
    let calls = counted(facts.call_count, "call", "calls");
    let which = match (facts.call_count, facts.exception_count) {
        (1, _) => "The call".to_owned(),
        (calls, failed) if calls == failed => "Every call".to_owned(),
        _ => format!("{count} of {calls} ({rate})"),
    };
    if facts.exceptions.len() == 1 {
        let (exception, end) = (&first.exception, ending(first));
        return vec![format!("{which} ended by `{exception}`, {end}.")];
    }
    let mut sentences = vec![format!("{which} ended by an exception.")];
    for raised in facts.exceptions.iter().take(NAMED_MAX) {
        let (exception, end) = (&raised.exception, ending(raised));
        sentences.push(format!("`{exception}` {}, {end}.", times(raised.count)));
    }
    let beyond = facts.exceptions.len().saturating_sub(NAMED_MAX) as u64;
    if beyond > 0 {
        sentences.push(format!("And {}.", counted(beyond, "other way", "other ways")));
    }
    sentences
}

fn ending(raised: &RaisedException) -> String {
    match &raised.caught_by {
        Some(catcher) => format!("caught in {}", title(catcher)),
        None => "which no observed handler caught".to_owned(),
    }
}

fn handled(facts: &Facts) -> Vec<String> {
    if facts.handled.is_empty() {
        return Vec::new();
    }
    let types = facts.handled.iter().map(|(name, count)| (format!("`{name}`"), *count)).collect();
    vec![format!("It catches {}.", listed(types, "type"))]
}

/// Parameters that hold more than one type.
fn arguments(facts: &Facts) -> Vec<String> {
    let mixed = facts.arguments.iter().filter(|argument| argument.types.len() > 1);
    let sentence = |argument: &super::Argument| {
        let (first, rest) = argument.types.split_first()?;
        let share = percentage(first.count, facts.call_count);
        let rest = rest.iter().take(NAMED_MAX).map(|one| {
            let share = percentage(one.count, facts.call_count);
            format!("`{}` in {share}{}", one.name, passed_by(one))
        });
        let rest: Vec<String> = rest.collect();
        let (name, common) = (&argument.name, &first.name);
        Some(format!("`{name}` is `{common}` in {share} of the calls, {}.", rest.join(", ")))
    };
    mixed.filter_map(sentence).collect()
}

fn passed_by(one: &ArgumentType) -> String {
    match one.callers.as_slice() {
        [] => String::new(),
        [(caller, _)] => format!(" (only {} passes it)", title(caller)),
        callers => {
            let callers = callers.iter().map(|(key, count)| (title(key), *count)).collect();
            format!(" (passed by {})", listed(callers, "caller"))
        }
    }
}

/// Generators are known by what they yield; that they return `None` is what everybody expects.
fn returns(facts: &Facts) -> Vec<String> {
    if facts.yields.is_empty() {
        return results("returns", &facts.returns);
    }
    let notable: Vec<(String, u64)> =
        facts.returns.iter().filter(|(name, _)| name != "NoneType").cloned().collect();
    [results("yields", &facts.yields), results("returns", &notable)].concat()
}

fn results(verb: &str, counts: &[(String, u64)]) -> Vec<String> {
    let whole: u64 = counts.iter().map(|(_, count)| count).sum();
    match counts {
        [] => Vec::new(),
        [(only, _)] if only == "NoneType" => vec![format!("It always {verb} `None`.")],
        [(only, _)] => vec![format!("It {verb} `{only}`.")],
        several => {
            let shares = several
                .iter()
                .take(NAMED_MAX)
                .map(|(name, count)| format!("`{name}` ({})", percentage(*count, whole)));
            let beyond = several.len().saturating_sub(NAMED_MAX) as u64;
            let more = (beyond > 0).then(|| counted(beyond, "other type", "other types"));
            let all: Vec<String> = shares.chain(more).collect();
            vec![format!("It {verb} {}.", joined(&all))]
        }
    }
}

/// `once`, `1,234 times`.
fn times(count: u64) -> String {
    if count == 1 { "once".into() } else { format!("{} times", thousands(count)) }
}

/// A function in a sentence.
fn title(key: &FunctionKey) -> String {
    match key.qualname.as_str() {
        "<root>" => "code outside Python".into(),
        "<module>" => format!("the body of module `{}`", key.module),
        name => format!("`{name}`"),
    }
}

/// `a (3), b (2) and 4 other callers`.
fn listed(names: Vec<(String, u64)>, what: &str) -> String {
    let beyond = names.len().saturating_sub(NAMED_MAX) as u64;
    let more =
        (beyond > 0).then(|| counted(beyond, &format!("other {what}"), &format!("other {what}s")));
    let shown = names.into_iter().take(NAMED_MAX);
    let shown = shown.map(|(name, count)| format!("{name} ({})", thousands(count)));
    joined(&shown.chain(more).collect::<Vec<_>>())
}

fn joined(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
