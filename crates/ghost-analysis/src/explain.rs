//! Everything that is known of one function, gathered from a recording and put into words.
//!
//! Entry points: [`find`] chooses the function a user means, [`Facts::gather`] gathers, [`prose`] says
//! it in sentences, [`Excerpt::new`] adds the source. No bars and no colours: what draws them reads
//! [`Facts`].

mod arguments;
mod excerpt;
mod latency;
mod matching;
mod prose;

#[cfg(test)]
mod sample;

use std::collections::BTreeMap;

use ghost_model::{Activation, FunctionId, FunctionKey, FunctionKind, Labels, Outcome, Recording};

pub use arguments::{Argument, ArgumentType};
pub use excerpt::{Declared, Excerpt};
pub use latency::{Bar, Latency, close_duration};
pub use matching::{Found, find};
pub use prose::prose;

/// Calls by name, the commonest first.
pub type Counts<T> = Vec<(T, u64)>;

/// What is known of one function.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// What users call it.
    pub key: FunctionKey,
    /// Source file, relative to the project where it lies in it.
    pub file: String,
    /// What kind of code it is.
    pub kind: FunctionKind,
    /// Calls.
    pub call_count: u64,
    /// Their standard error: 0 where every call was counted.
    pub call_count_se: u64,
    /// Calls ended by an exception.
    pub exception_count: u64,
    /// Those by type and catcher.
    pub exceptions: Vec<RaisedException>,
    /// Exceptions that its own handlers ended, by type.
    pub handled: Counts<String>,
    /// Durations; `None` where no call ended.
    pub latency: Option<Latency>,
    /// Time on the stack, suspensions left out.
    pub running_ns: u64,
    /// Of it, time not spent in observed callees.
    pub self_ns: u64,
    /// Each declared parameter with its types.
    pub arguments: Vec<Argument>,
    /// Calls by the types of all parameters together.
    pub signatures: Counts<String>,
    /// Returned types.
    pub returns: Counts<String>,
    /// Yielded types, for generators.
    pub yields: Counts<String>,
    /// Who calls it.
    pub callers: Vec<Caller>,
    /// Whether types by caller are those of sampled calls only, not of all.
    pub callers_are_sampled: bool,
    /// What it calls, with how often it does.
    pub callees: Counts<FunctionKey>,
}

/// Calls that ended by an exception of one type, caught by one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaisedException {
    /// Its type.
    pub exception: String,
    /// Function whose handler ended it; `None` where nobody was seen to.
    pub caught_by: Option<FunctionKey>,
    /// Calls.
    pub count: u64,
}

/// A caller, what it passes and what it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// What users call it; `<root>` is no Python caller.
    pub key: FunctionKey,
    /// Calls from there.
    pub call_count: u64,
    /// Types it passes; empty where they are not known.
    pub signatures: Counts<String>,
    /// Types it gets back; empty where they are not known.
    pub returns: Counts<String>,
}

impl Facts {
    /// Gathers what is known of a function. The activations are those of the session that were kept
    /// as examples; they stand in where types by caller were not counted.
    pub fn gather(
        recording: &Recording,
        id: FunctionId,
        activations: &[Activation],
    ) -> Option<Self> {
        let function = recording.functions.get(id.index())?;
        let profile = recording.profiles.get(id.index())?;
        let labels = Labels::new(recording);
        let by_caller = TypesByCaller::new(recording, id, activations);
        let types = |counts: &[(ghost_model::TypeId, u64)]| {
            sorted(counts.iter().map(|(id, count)| (labels.type_name(*id).to_owned(), *count)))
        };
        let signatures = profile.args.iter().map(|(args, count)| (labels.signature(args), *count));
        Some(Self {
            key: function.key.clone(),
            file: function.file.clone(),
            kind: function.kind,
            call_count: profile.call_count(),
            call_count_se: profile.call_count_se,
            exception_count: profile.exception_count(),
            exceptions: exceptions(recording, id, &labels),
            handled: types(&profile.handled),
            latency: Latency::new(profile),
            running_ns: profile.running_ns,
            self_ns: profile.self_ns,
            arguments: arguments::arguments(recording, id, &by_caller, &labels),
            signatures: sorted(signatures),
            returns: types(&profile.returns),
            yields: types(&profile.yields),
            callers: callers(recording, id, &by_caller, &labels),
            callers_are_sampled: by_caller.is_sampled,
            callees: callees(recording, id),
        })
    }

    /// Calls from the function itself.
    pub fn recursive_count(&self) -> u64 {
        let own = self.callers.iter().filter(|caller| caller.key == self.key);
        own.map(|caller| caller.call_count).sum()
    }
}

/// Adds equal names, and puts the commonest first.
fn sorted<T: Ord>(counts: impl IntoIterator<Item = (T, u64)>) -> Counts<T> {
    let mut sums: BTreeMap<T, u64> = BTreeMap::new();
    for (name, count) in counts {
        let sum = sums.entry(name).or_default();
        *sum = sum.saturating_add(count);
    }
    let mut sorted: Counts<T> = sums.into_iter().filter(|(_, count)| *count > 0).collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    sorted
}

fn exceptions(recording: &Recording, id: FunctionId, labels: &Labels) -> Vec<RaisedException> {
    let entries = recording.profiles[id.index()].exceptions.iter();
    let named = entries.map(|entry| {
        let catcher = entry.caught_by.map(|id| recording.function(id).key.clone());
        ((labels.type_name(entry.exception).to_owned(), catcher), entry.count)
    });
    let raised = sorted(named).into_iter();
    raised
        .map(|((exception, caught_by), count)| RaisedException { exception, caught_by, count })
        .collect()
}

/// Which caller passes and gets which types: counted, or of sampled calls.
struct TypesByCaller {
    args: Vec<((FunctionId, ghost_model::Signature), u64)>,
    returns: Vec<((FunctionId, ghost_model::TypeId), u64)>,
    is_sampled: bool,
}

impl TypesByCaller {
    fn new(recording: &Recording, id: FunctionId, activations: &[Activation]) -> Self {
        let profile = &recording.profiles[id.index()];
        if !profile.args_by_caller.is_empty() {
            let (args, returns) = (&profile.args_by_caller, &profile.returns_by_caller);
            return Self { args: args.clone(), returns: returns.clone(), is_sampled: false };
        }
        let returned = |activation: &Activation| match activation.outcome {
            Outcome::Returned(type_id) => Some(((activation.caller, type_id), 1)),
            Outcome::Raised(_) => None,
        };
        Self {
            args: activations.iter().map(|one| ((one.caller, one.args.clone()), 1)).collect(),
            returns: activations.iter().filter_map(returned).collect(),
            is_sampled: true,
        }
    }
}

fn callers(
    recording: &Recording,
    id: FunctionId,
    by_caller: &TypesByCaller,
    labels: &Labels,
) -> Vec<Caller> {
    let profile = &recording.profiles[id.index()];
    let caller = |(caller, call_count): (FunctionId, u64)| {
        let args = by_caller.args.iter().filter(|((from, _), _)| *from == caller);
        let returns = by_caller.returns.iter().filter(|((from, _), _)| *from == caller);
        Caller {
            key: recording.function(caller).key.clone(),
            call_count,
            signatures: sorted(args.map(|((_, args), n)| (labels.signature(args), *n))),
            returns: sorted(returns.map(|((_, id), n)| (labels.type_name(*id).to_owned(), *n))),
        }
    };
    let mut callers: Vec<Caller> =
        sorted(profile.callers.iter().copied()).into_iter().map(caller).collect();
    callers.sort_by(|a, b| b.call_count.cmp(&a.call_count).then_with(|| a.key.cmp(&b.key)));
    callers
}

fn callees(recording: &Recording, id: FunctionId) -> Counts<FunctionKey> {
    let calls = recording.observed().flat_map(|(_, function, profile)| {
        let from_here = profile.callers.iter().filter(|(caller, _)| *caller == id);
        from_here.map(|(_, count)| (function.key.clone(), *count))
    });
    sorted(calls)
}

#[cfg(test)]
mod tests;
