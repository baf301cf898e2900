//! The comparison as a whole, on recordings made by hand.

use super::*;
use ghost_model::{ExceptionCount, Function, Signature, TypeId, TypeName, bucket_index};

const MS: u64 = 1_000_000;

/// Builds a recording function by function.
struct Stage(Recording);

impl Stage {
    fn new(types: &[&str]) -> Self {
        let mut recording = Recording::default();
        recording.types.extend(types.iter().map(|name| TypeName::new("builtins", *name)));
        Self(recording)
    }

    fn add(mut self, qualname: &str, line: u32, profile: Profile) -> Self {
        self.0.functions.push(Function {
            key: FunctionKey { module: "shop".into(), qualname: qualname.into(), line },
            file: "shop.py".into(),
            parameters: "order".into(),
            kind: FunctionKind::Function,
        });
        self.0.profiles.push(profile);
        self
    }
}

/// So many calls, each of about this duration.
fn calls(count: u64, latency_ns: u64) -> Profile {
    let mut profile = Profile { args: vec![(vec![TypeId(1)], count)], ..Profile::default() };
    profile.callers = vec![(FunctionId::ROOT, count)];
    profile.returns = vec![(TypeId(1), count)];
    profile.latency.add(bucket_index(latency_ns), count);
    profile.latency_ns_sum = latency_ns * count;
    (profile.latency_ns_min, profile.latency_ns_max) = (latency_ns, latency_ns);
    profile.self_ns = profile.latency_ns_sum;
    profile
}

fn failing(mut profile: Profile, exception: u32, count: u64) -> Profile {
    profile.exceptions =
        vec![ExceptionCount { exception: TypeId(exception), caught_by: None, count }];
    profile
}

fn signature(mut profile: Profile, signature: Signature, count: u64) -> Profile {
    profile.args.push((signature, count));
    profile
}

fn compared(before: &Stage, after: &Stage) -> Comparison {
    compare(&before.0, &after.0, &Limits::default())
}

#[test]
fn a_session_is_like_itself() {
    let build = || {
        let profile = failing(calls(30, 12 * MS), 2, 18);
        Stage::new(&["int", "ValueError"]).add("validate", 18, profile).add("f", 2, calls(9, MS))
    };
    let found = compared(&build(), &build());
    assert_eq!((found.added.len(), found.removed.len(), found.changed.len()), (0, 0, 0));
    assert_eq!(found.unchanged_count, 2);
}

#[test]
fn the_refactoring_of_the_article_is_told() {
    let before = Stage::new(&["int", "ValueError"])
        .add("process_order", 40, calls(100, 12_500_000))
        .add("validate_order", 18, failing(calls(100, MS), 2, 60))
        .add("get_product_details", 87, calls(100, 45 * MS))
        .add("old_path", 99, calls(3, MS));
    let details = signature(calls(90, 2_100_000), vec![TypeId(1), TypeId(3)], 10);
    // The same types under other numbers.
    let after = Stage::new(&["str", "ValueError", "int"])
        .add("validate_order", 18, failing(same_int(calls(100, MS)), 2, 8))
        .add("get_product_details", 87, same_int(details))
        .add("process_order", 42, same_int(calls(100, 4_200_000)))
        .add("new_path", 7, same_int(calls(4, MS)));
    let found = compared(&before, &after);

    let names = |side: &[OneSided]| {
        side.iter().map(|one| (one.key.qualname.clone(), one.call_count)).collect::<Vec<_>>()
    };
    assert_eq!(names(&found.added), [("new_path".to_owned(), 4)]);
    assert_eq!(names(&found.removed), [("old_path".to_owned(), 3)]);
    assert_eq!(found.unchanged_count, 0);

    let change = |name: &str| {
        found.changed.iter().find(|change| change.key.qualname == name).unwrap().clone()
    };
    let process = change("process_order");
    assert_eq!((process.line_before, process.key.line), (40, 42));
    let latency = process.latency.unwrap();
    assert_eq!(latency.mean_ns, (12_500_000, 4_200_000));
    assert_eq!(latency.direction, Direction::Faster);
    assert!(latency.tested.unwrap().effect < -0.99 && latency.tested.unwrap().p < 1e-9);
    assert!(!process.calls.is_notable && process.signatures.is_empty());

    let validate = change("validate_order");
    let (before, after) = validate.exception_rate.unwrap().shares();
    assert!((before - 0.6).abs() < 1e-12 && (after - 0.08).abs() < 1e-12);
    assert!(validate.latency.is_none() && validate.exceptions.is_empty());
    assert!(!validate.fails_more() && !validate.is_slower());

    let details = change("get_product_details");
    assert_eq!(details.signatures.new, [("(int, str)".to_owned(), 10)]);
    assert!(details.signatures.gone.is_empty() && details.has_new_types());
    assert_eq!(found.changed[0].key.qualname, "get_product_details", "it saves most time");
}

/// `int` is type 3 of the second session.
fn same_int(mut profile: Profile) -> Profile {
    let swap = |id: &mut TypeId| {
        if matches!(id.0, 1 | 3) {
            id.0 = 4 - id.0;
        }
    };
    profile.args.iter_mut().flat_map(|(signature, _)| signature).for_each(swap);
    profile.returns.iter_mut().for_each(|(id, _)| swap(id));
    profile
}

#[test]
fn new_callers_exceptions_and_counts_are_told() {
    let mut old = calls(20, MS);
    old.callers = vec![(FunctionId(2), 20)];
    let mut new = failing(calls(60, MS), 2, 1);
    new.callers = vec![(FunctionId(1), 40), (FunctionId(2), 20)];
    let types = ["int", "KeyError"];
    // Ids differ: `f` is 1 in the first session and 3 in the second.
    let before = Stage::new(&types).add("f", 5, old).add("main", 1, calls(1, MS));
    let after = Stage::new(&types)
        .add("handler", 9, calls(2, MS))
        .add("main", 1, calls(1, MS))
        .add("f", 5, new);
    let found = compared(&before, &after);
    let change = &found.changed[0];
    assert_eq!((change.calls.before, change.calls.after, change.calls.is_notable), (20, 60, true));
    let callers: Vec<_> = change.callers.new.iter().map(|(key, n)| (&*key.qualname, *n)).collect();
    assert_eq!((callers, change.callers.gone.len()), (vec![("handler", 40)], 0));
    assert_eq!(change.exceptions.new, [("KeyError".to_owned(), 1)]);
    assert!(change.fails_more() && change.exception_rate.is_none());
}

#[test]
fn bodies_are_left_out_and_counted() {
    let mut stage = Stage::new(&["int"]).add("<module>", 1, calls(1, MS));
    stage.0.functions[1].kind = FunctionKind::Module;
    let empty = Recording::default();
    let found = compare(&empty, &stage.0, &Limits::default());
    assert_eq!((found.added.len(), found.body_count), (0, 1));
    let limits = Limits { with_bodies: true, ..Limits::default() };
    assert_eq!(compare(&empty, &stage.0, &limits).added.len(), 1);
}

#[test]
fn the_extremes_of_counters_are_numbers_too() {
    let mut huge = failing(calls(1, MS), 2, u64::MAX / 4);
    huge.args = vec![(vec![], u64::MAX / 4)];
    huge.latency.add(511, u64::MAX / 2);
    (huge.latency_ns_sum, huge.latency_ns_max) = (u64::MAX, u64::MAX);
    let before = Stage::new(&["int", "E"]).add("f", 1, huge.clone()).add("g", 1, calls(1, 1));
    let after = Stage::new(&["int", "E"]).add("f", 1, calls(1, 1)).add("g", 1, huge);
    for change in compared(&before, &after).changed {
        assert!(change.weight.is_finite() && change.latency.is_none_or(|l| l.ratio.is_finite()));
    }
}
