//! Who passed which types and who received which: pairs are exact, and so are their sums.
#![cfg(not(miri))] // Maps files.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

#[expect(dead_code, reason = "the stage serves other tests too")]
mod stage;

use std::collections::BTreeMap;

use ghost_model::{Counter, FunctionKind, Profile};
use ghost_tracer::{EventsMode, limits};
use proptest::prelude::*;
use stage::{Stage, function};

fn sums_agree(profile: &Profile) {
    let pairs: u64 = profile.args_by_caller.iter().map(|(_, count)| count).sum();
    let callers: u64 = profile.callers.iter().map(|(_, count)| count).sum();
    assert_eq!((pairs, callers), (profile.call_count(), profile.call_count()));
    let received: u64 = profile.returns_by_caller.iter().map(|(_, count)| count).sum();
    assert_eq!(received, profile.returns.iter().map(|(_, count)| count).sum::<u64>());
}

#[test]
fn types_are_told_apart_by_who_passed_and_received_them() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 1));
    for (passed, caller, returned) in [(501, 2, 600), (502, 3, 600), (501, 2, 601), (501, 3, 600)] {
        stage.at(0).start(f, 10, &[passed], caller);
        stage.at(1).finish(f, 10, returned);
    }
    let recording = stage.recording();
    let profile = recording.profile("f");
    let expected = ["external2 (T501) 2", "external3 (T501) 1", "external3 (T502) 1"];
    assert_eq!(profile.args_by_caller(), expected);
    let expected = ["external2 T600 1", "external2 T601 1", "external3 T600 2"];
    assert_eq!(profile.returns_by_caller(), expected);
    assert_eq!(profile.callers(), ["external2 2", "external3 2"]);
    assert_eq!(profile.signatures(), ["(T501) 3", "(T502) 1"]);
    assert_eq!(profile.returns(), ["T600 3", "T601 1"]);
}

#[test]
fn a_generators_value_goes_to_who_started_it() {
    let mut stage = Stage::new(EventsMode::None);
    let g = stage.observe(1, &function("g", 0).kind(FunctionKind::Generator));
    stage.at(0).start(g, 10, &[], 2);
    stage.at(1).suspend(g, 10, Some(501));
    stage.at(2).start(g, 11, &[], 3);
    stage.at(3).finish(g, 11, 601);
    stage.at(4).on_stack(2).resume(g, 10);
    stage.at(5).finish(g, 10, 600);
    let recording = stage.recording();
    let profile = recording.profile("g");
    assert_eq!(profile.args_by_caller(), ["external2 () 1", "external3 () 1"]);
    assert_eq!(profile.returns_by_caller(), ["external2 T600 1", "external3 T601 1"]);
}

#[test]
fn stacks_that_wait_keep_their_callers() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 0));
    stage.at(0).on_stack(1).start(f, 10, &[], 2);
    stage.at(1).on_stack(2).start(f, 20, &[], 3);
    stage.at(2).on_stack(1).finish(f, 10, 600);
    stage.at(3).on_stack(2).finish(f, 20, 601);
    let recording = stage.recording();
    let expected = ["external2 T600 1", "external3 T601 1"];
    assert_eq!(recording.profile("f").returns_by_caller(), expected);
}

#[test]
fn a_dead_type_is_forgotten_after_its_codes_state_was_reused() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 0));
    stage.at(0).start(f, 10, &[], 0);
    stage.at(1).finish(f, 10, 600);
    stage.code_dies(1);
    stage.observe(1, &function("g", 0));
    stage.type_dies(600, "Reborn");
    let f = stage.observe(2, &function("f", 0));
    stage.at(2).start(f, 10, &[], 0);
    stage.at(3).finish(f, 10, 600);
    assert_eq!(stage.recording().profile("f").returns(), ["T600 1", "Reborn 1"]);
}

#[test]
fn a_caller_that_cannot_be_named_is_asked_for_again() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 0));
    for is_out in [true, false] {
        stage.out_of_memory(is_out);
        stage.at(0).start(f, 10, &[], 2);
        stage.at(1).finish(f, 10, 600);
    }
    let recording = stage.recording();
    assert_eq!(recording.profile("f").callers(), ["… 1", "external2 1"]);
    assert_eq!(recording.counter(Counter::CallersRefused), 1);
}

#[test]
fn callers_beyond_the_bound_are_one() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 0));
    let callers = limits::CALLERS_MAX + 30;
    for caller in 0..callers {
        stage.at(0).start(f, 10, &[], 1000 + caller);
        stage.at(1).finish(f, 10, 600);
    }
    let recording = stage.recording();
    let profile = recording.profile("f");
    sums_agree(&profile);
    assert_eq!(profile.callers.len(), limits::CALLERS_MAX + 1);
    assert!(profile.returns_by_caller().contains(&"… T600 30".to_owned()));
    assert_eq!(recording.counter(Counter::CallersRefused), 30);
}

#[test]
fn pairs_beyond_the_bound_lose_their_caller_and_nothing_else() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 1));
    let (types, callers) = (40_usize, 80_usize);
    for caller in 0..callers {
        for class in 0..types {
            stage.at(0).start(f, 10, &[1000 + class], 5000 + caller);
            stage.at(1).finish(f, 10, 2000 + class);
        }
    }
    let recording = stage.recording();
    let profile = recording.profile("f");
    sums_agree(&profile);
    let refused = (types * callers - limits::PAIRS_MAX) as u64;
    assert_eq!(recording.counter(Counter::CallersRefused), refused);
    let expected = vec![callers as u64; types];
    assert_eq!(profile.args.iter().map(|(_, count)| *count).collect::<Vec<_>>(), expected);
    assert_eq!(profile.returns.iter().map(|(_, count)| *count).collect::<Vec<_>>(), expected);
    let unknown = profile.callers().into_iter().find(|line| line.starts_with('…'));
    assert_eq!(unknown, Some(format!("… {refused}")));
}

#[test]
fn returned_types_beyond_the_bound_keep_their_receiver() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 0));
    for class in 0..limits::OUTCOMES_MAX + 5 {
        stage.at(0).start(f, 10, &[], 2);
        stage.at(1).finish(f, 10, 1000 + class);
    }
    let recording = stage.recording();
    let profile = recording.profile("f");
    sums_agree(&profile);
    assert!(profile.returns_by_caller().contains(&"external2 … 5".to_owned()));
    assert_eq!(recording.counter(Counter::TypesRefused), 5);
}

/// What can happen, each to one of a few callers and types: enough to overrun every inline cache.
#[derive(Clone, Copy, Debug)]
enum Step {
    Call { caller: usize, passed: usize, returned: usize },
    TypeDies { class: usize },
    CallerDies { caller: usize },
    Recompile,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let call = (0_usize..7, 0_usize..7, 0_usize..7)
        .prop_map(|(caller, passed, returned)| Step::Call { caller, passed, returned });
    let step = prop_oneof![
        20 => call,
        1 => (0_usize..7).prop_map(|class| Step::TypeDies { class }),
        1 => (0_usize..7).prop_map(|caller| Step::CallerDies { caller }),
        1 => Just(Step::Recompile),
    ];
    prop::collection::vec(step, 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pairs_are_those_of_a_plain_count(steps in steps()) {
        let mut stage = Stage::new(EventsMode::None);
        let mut f = stage.observe(1, &function("f", 1));
        let mut names: Vec<String> = (0..7).map(|class| format!("T{}", 500 + class)).collect();
        let (mut passed_by, mut received_by) = (BTreeMap::new(), BTreeMap::new());
        for (at, step) in steps.into_iter().enumerate() {
            match step {
                Step::Call { caller, passed, returned } => {
                    stage.at(at as u64).start(f, 10, &[500 + passed], 100 + caller);
                    stage.finish(f, 10, 500 + returned);
                    let passed = format!("external{} ({})", 100 + caller, names[passed]);
                    let received = format!("external{} {}", 100 + caller, names[returned]);
                    *passed_by.entry(passed).or_insert(0) += 1;
                    *received_by.entry(received).or_insert(0) += 1;
                }
                Step::TypeDies { class } => {
                    names[class] = format!("R{at}");
                    stage.type_dies(500 + class, &names[class]);
                }
                Step::CallerDies { caller } => stage.code_dies(100 + caller),
                Step::Recompile => {
                    stage.code_dies(1);
                    stage.observe(1, &function("other", 1));
                    stage.code_dies(1);
                    f = stage.observe(1, &function("f", 1));
                }
            }
        }
        let lines = |counts: BTreeMap<String, u32>| {
            let mut lines: Vec<_> = counts.iter().map(|(pair, n)| format!("{pair} {n}")).collect();
            lines.sort();
            lines
        };
        let recording = stage.recording();
        if passed_by.is_empty() {
            return Ok(());
        }
        // Reborn types may be more than a function tells apart: then their counts are one.
        if recording.counter(Counter::SignaturesRefused) == 0 {
            let profile = recording.profile("f");
            sums_agree(&profile);
            prop_assert_eq!(profile.args_by_caller(), lines(passed_by));
            prop_assert_eq!(profile.returns_by_caller(), lines(received_by));
        }
    }
}
