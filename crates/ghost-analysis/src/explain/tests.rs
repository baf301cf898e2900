//! Gathering and wording, on the example of the article.

use super::*;
use ghost_model::{Activation, TypeId};

fn facts() -> Facts {
    Facts::gather(&sample::recording(), sample::DISCOUNT, &[]).unwrap()
}

fn named<T>(counts: &[(T, u64)], name: impl Fn(&T) -> String) -> Vec<(String, u64)> {
    counts.iter().map(|(thing, count)| (name(thing), *count)).collect()
}

#[test]
fn each_parameter_has_its_types_and_who_passed_them() {
    let facts = facts();
    let price = &facts.arguments[0];
    let types: Vec<_> = price.types.iter().map(|one| (one.name.as_str(), one.count)).collect();
    assert_eq!((price.name.as_str(), types), ("price", vec![("int", 5), ("float", 3)]));
    let who = named(&price.types[1].callers, |key| key.qualname.clone());
    assert_eq!(who, [("legacy_checkout".to_owned(), 3)]);
}

#[test]
fn sums_agree_with_the_calls() {
    let facts = facts();
    let sum = |counts: &Counts<String>| counts.iter().map(|(_, count)| count).sum::<u64>();
    assert_eq!(facts.call_count, 8);
    assert_eq!(sum(&facts.signatures), 8);
    assert_eq!(sum(&facts.returns) + facts.exception_count, 8);
    assert_eq!(facts.callers.iter().map(|caller| caller.call_count).sum::<u64>(), 8);
    assert_eq!(facts.callers.iter().map(|caller| sum(&caller.signatures)).sum::<u64>(), 8);
    for argument in &facts.arguments {
        assert_eq!(argument.types.iter().map(|one| one.count).sum::<u64>(), 8);
    }
    assert_eq!(named(&facts.callees, |key| key.qualname.clone()), [("round_up".to_owned(), 16)]);
}

#[test]
fn the_prose_stays_as_it_is() {
    insta::assert_snapshot!(prose(&facts()).join("\n\n"));
}

#[test]
fn without_counts_by_caller_examples_stand_in() {
    let mut recording = sample::recording();
    let profile = &mut recording.profiles[sample::DISCOUNT.index()];
    profile.args_by_caller.clear();
    profile.returns_by_caller.clear();
    let activation = Activation {
        sequence: 1,
        function: sample::DISCOUNT,
        caller: FunctionId(3),
        args: vec![TypeId(2), TypeId(1)],
        outcome: Outcome::Returned(TypeId(1)),
        start_unix_ns: 0,
        latency_ns: 1,
        span_id: ghost_model::SpanId::NONE,
    };
    let facts = Facts::gather(&recording, sample::DISCOUNT, &[activation]).unwrap();
    assert!(facts.callers_are_sampled);
    assert_eq!(facts.callers[1].signatures, [("(float, int)".to_owned(), 1)]);
    let nothing = Facts::gather(&recording, sample::DISCOUNT, &[]).unwrap();
    assert!(nothing.callers[1].signatures.is_empty() && !prose(&nothing).is_empty());
}

#[test]
fn a_function_that_has_not_ended_is_explained_too() {
    let mut recording = sample::recording();
    let profile = &mut recording.profiles[sample::DISCOUNT.index()];
    *profile = ghost_model::Profile { args: vec![(vec![], 1)], ..ghost_model::Profile::default() };
    let facts = Facts::gather(&recording, sample::DISCOUNT, &[]).unwrap();
    let text = prose(&facts).join(" ");
    assert!(text.contains("called once") && text.contains("has ended yet"), "{text}");
    assert_eq!(Facts::gather(&recording, FunctionId(99), &[]), None);
}

#[test]
fn a_generator_is_known_by_what_it_yields() {
    let mut facts = facts();
    facts.kind = FunctionKind::Generator;
    facts.returns = vec![("NoneType".into(), 8)];
    facts.yields = vec![("list".into(), 80)];
    let text = prose(&facts).join(" ");
    assert!(text.contains("It yields `list`.") && !text.contains("returns"), "{text}");
    facts.yields.clear();
    assert!(prose(&facts).join(" ").contains("It always returns `None`."));
}

#[test]
fn one_call_is_not_counted_by_percent() {
    let mut facts = facts();
    (facts.call_count, facts.exception_count) = (1, 1);
    facts.callers.truncate(1);
    let text = prose(&facts).join(" ");
    assert!(text.contains("was called once, by `main`."), "{text}");
    assert!(text.contains("The call ended by `ValueError`, caught in"), "{text}");
}
