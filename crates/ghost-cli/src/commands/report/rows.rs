//! Which functions a report shows, and in which order.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use ghost_export::Labels;
use ghost_model::{Function, FunctionId, FunctionKind, Profile, Recording};

use crate::args::{ReportArguments, SortBy};

/// One function of a report.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    pub(super) id: FunctionId,
    pub(super) function: &'a Function,
    pub(super) profile: &'a Profile,
    pub(super) call_count: u64,
    pub(super) exception_count: u64,
    pub(super) latency_ns_mean: Option<u64>,
    /// `module:qualname:line` instead of `qualname:line`, because another row has the same.
    with_module: bool,
}

impl<'a> Row<'a> {
    fn new(id: FunctionId, function: &'a Function, profile: &'a Profile) -> Self {
        Self {
            id,
            function,
            profile,
            call_count: profile.call_count(),
            exception_count: profile.exception_count(),
            latency_ns_mean: profile.latency_ns_mean(),
            with_module: false,
        }
    }

    /// `Cart.add:7`, with its module where that alone could be another row.
    pub(super) fn name(&self) -> String {
        let key = &self.function.key;
        match self.function.kind {
            FunctionKind::Overflow => key.qualname.clone(),
            _ if self.with_module => key.to_string(),
            _ => format!("{}:{}", key.qualname, key.line),
        }
    }

    /// The middle of a bucket may lie beyond the durations that are in it.
    pub(super) fn latency_ns_p95(&self) -> Option<u64> {
        let p95 = self.profile.latency.quantile_ns(0.95)?;
        Some(p95.min(self.profile.latency_ns_max).max(self.profile.latency_ns_min))
    }

    /// The commonest signature, `(int, str)`.
    pub(super) fn signature(&self, labels: &Labels) -> String {
        let signature = self.profile.dominant_signature();
        signature.map_or_else(|| "-".into(), |signature| labels.signature(signature))
    }

    fn is_body(&self) -> bool {
        matches!(self.function.kind, FunctionKind::Module | FunctionKind::ClassBody)
    }
}

/// What is shown, and how much is not.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    pub(super) shown: Vec<Row<'a>>,
    /// Functions beyond `--top`.
    pub(super) cut: u64,
    /// Module and class bodies left out.
    pub(super) bodies: u64,
}

/// Chooses and sorts the functions of a recording.
pub(super) fn select<'a>(recording: &'a Recording, arguments: &ReportArguments) -> Selection<'a> {
    let wanted = |row: &Row<'_>| {
        let module = &row.function.key.module;
        row.call_count > 0
            && arguments.module.as_ref().is_none_or(|glob| ghost_model::glob_matches(glob, module))
    };
    let rows = recording.observed().map(|(id, function, profile)| Row::new(id, function, profile));
    let (mut shown, bodies): (Vec<_>, Vec<_>) =
        rows.filter(wanted).partition(|row| arguments.all || !row.is_body());
    shown.sort_by(|a, b| order(arguments.sort, a, b));
    let cut = shown.len().saturating_sub(arguments.top) as u64;
    shown.truncate(arguments.top);
    tell_apart(&mut shown);
    Selection { shown, cut, bodies: bodies.len() as u64 }
}

/// Adds the module to names that two rows share.
fn tell_apart(rows: &mut [Row<'_>]) {
    let mut seen: HashMap<(&str, u32), u32> = HashMap::new();
    for row in &*rows {
        *seen.entry((&row.function.key.qualname, row.function.key.line)).or_default() += 1;
    }
    for row in rows {
        let key = &row.function.key;
        row.with_module = seen.get(&(key.qualname.as_str(), key.line)).is_some_and(|&n| n > 1);
    }
}

/// Largest first; equal ones by their key, so that the order never depends on the run.
fn order(sort: SortBy, a: &Row<'_>, b: &Row<'_>) -> Ordering {
    let size = |row: &Row<'_>| match sort {
        SortBy::Calls => (row.call_count, 0),
        SortBy::Latency => (row.latency_ns_mean.unwrap_or(0), row.call_count),
        // Compared as shares below; here only the tie between equal shares.
        SortBy::Exceptions => (row.exception_count, row.call_count),
        SortBy::Total => (row.profile.total_ns, row.call_count),
        SortBy::SelfTime => (row.profile.self_ns, row.call_count),
    };
    let by_share = match sort {
        SortBy::Exceptions => share(b).cmp(&share(a)),
        _ => Ordering::Equal,
    };
    let key = |row: &Row<'_>| Reverse(size(row));
    by_share
        .then_with(|| key(a).cmp(&key(b)))
        .then_with(|| a.function.key.cmp(&b.function.key))
        .then_with(|| a.function.file.cmp(&b.function.file))
}

/// Share of exceptions in parts of 2⁶⁴: exact enough to order, and totally ordered.
fn share(row: &Row<'_>) -> u128 {
    (u128::from(row.exception_count) << 64).checked_div(u128::from(row.call_count)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::ReportFormat;
    use ghost_model::{ExceptionCount, FunctionKey, TypeId};

    fn arguments(sort: SortBy) -> ReportArguments {
        ReportArguments {
            session: "latest".into(),
            sort,
            top: 20,
            module: None,
            format: ReportFormat::Table,
            all: false,
        }
    }

    fn add(recording: &mut Recording, qualname: &str, kind: FunctionKind, profile: Profile) {
        let module = if qualname == "parse" { "lib.json" } else { "shop" };
        recording.functions.push(Function {
            key: FunctionKey { module: module.into(), qualname: qualname.into(), line: 3 },
            file: "shop.py".into(),
            parameters: String::new(),
            kind,
        });
        recording.profiles.push(profile);
    }

    fn measured(
        calls: u64,
        latency_ns: u64,
        exceptions: u64,
        total_ns: u64,
        self_ns: u64,
    ) -> Profile {
        let mut profile =
            Profile { args: vec![(vec![], calls)], total_ns, self_ns, ..Profile::default() };
        profile.latency.add(ghost_model::bucket_index(latency_ns), calls);
        profile.latency_ns_sum = latency_ns * calls;
        if exceptions > 0 {
            let count = ExceptionCount { exception: TypeId(0), caught_by: None, count: exceptions };
            profile.exceptions.push(count);
        }
        profile
    }

    fn recording() -> Recording {
        let mut recording = Recording::default();
        add(&mut recording, "often", FunctionKind::Function, measured(900, 10, 9, 50, 40));
        add(&mut recording, "slow", FunctionKind::Function, measured(3, 5_000, 0, 300, 10));
        add(&mut recording, "failing", FunctionKind::Generator, measured(4, 70, 4, 20, 20));
        add(&mut recording, "parse", FunctionKind::Function, measured(4, 70, 0, 700, 5));
        add(&mut recording, "<module>", FunctionKind::Module, measured(1, 9_000, 0, 900, 1));
        add(&mut recording, "known", FunctionKind::External, Profile::default());
        add(&mut recording, "uncalled", FunctionKind::Function, Profile::default());
        recording
    }

    fn names(selection: &Selection<'_>) -> Vec<String> {
        selection.shown.iter().map(|row| row.function.key.qualname.clone()).collect()
    }

    #[test]
    fn every_order_has_its_largest_first() {
        let recording = recording();
        for (sort, expected) in [
            (SortBy::Calls, ["often", "parse", "failing", "slow"]),
            (SortBy::Latency, ["slow", "parse", "failing", "often"]),
            (SortBy::Exceptions, ["failing", "often", "parse", "slow"]),
            (SortBy::Total, ["parse", "slow", "often", "failing"]),
            (SortBy::SelfTime, ["often", "failing", "slow", "parse"]),
        ] {
            assert_eq!(names(&select(&recording, &arguments(sort))), expected, "{sort:?}");
        }
    }

    #[test]
    fn rows_of_the_same_name_show_their_module() {
        let mut recording = recording();
        recording.functions[3].key.module = "other".into();
        recording.functions[3].key.qualname = "often".into();
        let selection = select(&recording, &arguments(SortBy::Calls));
        let names: Vec<String> = selection.shown.iter().map(Row::name).collect();
        assert_eq!(names, ["shop:often:3", "parse:3", "other:often:3", "slow:3"]);
    }

    #[test]
    fn a_quantile_never_lies_outside_the_durations() {
        let mut profile = measured(2, 4_200_000, 0, 0, 0);
        (profile.latency_ns_min, profile.latency_ns_max) = (4_200_000, 4_200_000);
        let function = recording().functions.remove(1);
        assert_eq!(Row::new(FunctionId(1), &function, &profile).latency_ns_p95(), Some(4_200_000));
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let recording = recording();
        let selection = select(&recording, &ReportArguments { top: 1, ..arguments(SortBy::Calls) });
        assert_eq!((selection.shown.len(), selection.cut, selection.bodies), (1, 3, 1));
        let all = ReportArguments { all: true, ..arguments(SortBy::Calls) };
        assert_eq!(select(&recording, &all).shown.len(), 5);
        let module = Some("lib.*".into());
        let of_module = ReportArguments { module, ..arguments(SortBy::Calls) };
        assert_eq!(names(&select(&recording, &of_module)), ["parse"]);
    }
}
