//! Sequences of events, as the interpreter makes them and as it should not, and what they add up to.
#![cfg(not(miri))] // Maps files.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

#[expect(dead_code, reason = "the stage serves other tests too")]
mod stage;

use ghost_model::{Counter, FunctionKind};
use ghost_tracer::{EventsMode, limits};
use stage::{Stage, function};

#[test]
fn a_call_is_counted_with_types_caller_and_time() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 2));
    stage.at(100).start(f, 10, &[501, 502], 0);
    stage.at(350).finish(f, 10, 503);
    let recording = stage.recording();
    let profile = recording.profile("f");
    assert_eq!(profile.signatures(), ["(T501, T502) 1"]);
    assert_eq!(profile.returns(), ["T503 1"]);
    assert_eq!(profile.callers(), ["<root> 1"]);
    assert_eq!((profile.latency_ns_sum, profile.total_ns, profile.self_ns), (250, 250, 250));
}

#[test]
fn time_in_a_callee_is_not_the_callers_own() {
    let mut stage = Stage::new(EventsMode::None);
    let (f, g) = (stage.observe(1, &function("f", 0)), stage.observe(2, &function("g", 0)));
    stage.at(0).start(f, 10, &[], 0);
    stage.at(10).start(g, 11, &[], 1);
    stage.at(40).finish(g, 11, 500);
    stage.at(100).finish(f, 10, 500);
    let recording = stage.recording();
    assert_eq!(recording.profile("f").self_ns, 70);
    assert_eq!(recording.profile("g").callers(), ["f 1"]);
}

#[test]
fn recursion_counts_every_activation_but_time_once() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 0));
    stage.at(0).start(f, 10, &[], 0);
    stage.at(10).start(f, 11, &[], 1);
    stage.at(20).finish(f, 11, 500);
    stage.at(100).finish(f, 10, 500);
    let recording = stage.recording();
    let profile = recording.profile("f");
    assert_eq!(profile.call_count(), 2);
    assert_eq!((profile.total_ns, profile.latency_ns_sum, profile.self_ns), (100, 110, 100));
}

#[test]
fn a_generator_counts_once_however_often_it_is_resumed() {
    let mut stage = Stage::new(EventsMode::None);
    let g = stage.observe(1, &function("g", 0).kind(FunctionKind::Generator));
    stage.at(0).start(g, 10, &[], 0);
    stage.at(10).suspend(g, 10, Some(501));
    stage.at(50).resume(g, 10);
    stage.at(70).suspend(g, 10, Some(501));
    stage.at(90).resume(g, 10);
    stage.at(95).finish(g, 10, 500);
    let recording = stage.recording();
    let profile = recording.profile("g");
    assert_eq!((profile.call_count(), profile.ended_count()), (1, 1));
    assert_eq!((profile.latency_ns_sum, profile.running_ns, profile.total_ns), (95, 35, 35));
    assert_eq!(profile.yields(), ["T501 2"]);
}

#[test]
fn closing_a_generator_is_an_end_and_no_exception() {
    let mut stage = Stage::new(EventsMode::None);
    let g = stage.observe(1, &function("g", 0).kind(FunctionKind::Generator));
    stage.at(0).start(g, 10, &[], 0);
    stage.at(10).suspend(g, 10, Some(501));
    stage.at(20).resume(g, 10);
    stage.at(21).close(g, 10);
    let recording = stage.recording();
    assert_eq!(recording.profile("g").exception_count(), 0);
    assert_eq!(recording.profile("g").ended_count(), 1);
}

#[test]
fn a_frame_reused_by_another_generator_starts_anew() {
    let mut stage = Stage::new(EventsMode::None);
    let g = stage.observe(1, &function("g", 0).kind(FunctionKind::Generator));
    stage.at(0).start(g, 10, &[], 0);
    stage.at(10).suspend(g, 10, Some(501));
    // It dies without an event; the next one gets its memory.
    stage.at(1000).start(g, 10, &[], 0);
    stage.at(1005).finish(g, 10, 500);
    let recording = stage.recording();
    assert_eq!((recording.profile("g").call_count(), recording.profile("g").ended_count()), (2, 1));
    assert!(recording.profile("g").latency_ns_sum < 1006);
}

#[test]
fn ends_without_starts_are_nothing() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 0));
    let g = stage.observe(2, &function("g", 0).kind(FunctionKind::Generator));
    stage.at(5).finish(f, 10, 500);
    stage.at(6).resume(g, 11);
    stage.at(7).suspend(g, 11, None);
    stage.at(8).raise(f, 12, 900, &[]);
    stage.at(9).start(f, 13, &[], 0);
    stage.at(10).finish(f, 13, 500);
    assert_eq!(stage.recording().profile("f").call_count(), 1);
    assert_eq!(stage.recording().profile("f").latency_ns_sum, 1);
    assert_eq!(stage.recording().counter(Counter::EndsMissed), 0);
}

#[test]
fn a_missed_end_is_counted_and_forgotten() {
    let mut stage = Stage::new(EventsMode::None);
    let (f, g) = (stage.observe(1, &function("f", 0)), stage.observe(2, &function("g", 0)));
    stage.at(0).start(f, 10, &[], 0);
    stage.at(1).start(g, 11, &[], 1);
    stage.at(9).finish(f, 10, 500);
    stage.at(10).start(g, 11, &[], 0);
    stage.at(12).finish(g, 11, 500);
    let recording = stage.recording();
    assert_eq!(recording.counter(Counter::EndsMissed), 1);
    assert_eq!(recording.profile("f").latency_ns_sum, 9);
    assert_eq!(recording.profile("g").latency_ns_sum, 2);
}

#[test]
fn threads_do_not_mix() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 0));
    stage.at(0).on_stack(1).start(f, 10, &[], 0);
    stage.at(5).on_stack(2).start(f, 20, &[], 0);
    stage.at(8).on_stack(1).finish(f, 10, 500);
    stage.at(30).on_stack(2).finish(f, 20, 500);
    let recording = stage.recording();
    // Both are outermost on their own stack.
    assert_eq!(recording.profile("f").total_ns, 8 + 25);
    assert_eq!(recording.counter(Counter::EndsMissed), 0);
}

#[test]
fn an_exception_is_counted_where_it_passes_and_where_it_ends() {
    let mut stage = Stage::new(EventsMode::None);
    let (f, g) = (stage.observe(1, &function("f", 0)), stage.observe(2, &function("g", 0)));
    stage.at(0).start(f, 10, &[], 0);
    stage.at(1).start(g, 11, &[], 1);
    stage.at(2).raise(g, 11, 900, &[71]);
    assert_eq!(stage.recording().profile("g").exceptions(), ["T900 nobody 1"]);
    stage.at(3).handle(f, 1, 10, 900, &[72, 71]);
    stage.at(4).finish(f, 10, 500);
    assert_eq!(stage.recording().profile("g").exceptions(), ["T900 f 1"]);
    assert_eq!(stage.recording().profile("f").handled(), ["T900 1"]);
    assert_eq!(stage.recording().profile("f").exception_count(), 0);
}

#[test]
fn finally_and_with_are_no_catchers() {
    let mut stage = Stage::new(EventsMode::None);
    let (f, g) = (stage.observe(1, &function("f", 0)), stage.observe(2, &function("g", 0)));
    let h = stage.observe(3, &function("h", 0));
    stage.at(0).start(h, 9, &[], 0);
    stage.at(0).start(f, 10, &[], 3);
    stage.at(1).start(g, 11, &[], 1);
    stage.at(2).raise(g, 11, 900, &[71]);
    stage.at(3).handle(f, 1, 10, 900, &[72, 71]);
    stage.at(4).raise_again(10, 900, &[72, 71]);
    stage.at(5).raise(f, 10, 900, &[72, 71]);
    stage.at(6).handle(h, 3, 9, 900, &[73, 72, 71]);
    let recording = stage.recording();
    assert_eq!(recording.profile("g").exceptions(), ["T900 h 1"]);
    assert_eq!(recording.profile("f").exceptions(), ["T900 h 1"]);
    assert_eq!(recording.profile("f").handled(), [""; 0]);
    assert_eq!(recording.profile("h").handled(), ["T900 1"]);
}

#[test]
fn a_new_exception_at_an_old_address_changes_nothing_that_was_counted() {
    let mut stage = Stage::new(EventsMode::None);
    let (f, g) = (stage.observe(1, &function("f", 0)), stage.observe(2, &function("g", 0)));
    stage.at(0).start(f, 10, &[], 0);
    stage.at(1).start(g, 11, &[], 1);
    stage.at(2).raise(g, 11, 900, &[71]);
    stage.at(3).handle(f, 1, 10, 900, &[72, 71]);
    // Freed, and the next one is raised in `f` itself, with everything at the same address.
    stage.at(5).raise(f, 10, 900, &[72]);
    let recording = stage.recording();
    assert_eq!(recording.profile("g").exceptions(), ["T900 f 1"]);
    assert_eq!(recording.profile("f").handled(), ["T900 1"]);
    assert_eq!(recording.profile("f").exceptions(), ["T900 nobody 1"]);
}

#[test]
fn more_signatures_than_kept_are_counted_together() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 1));
    let calls = limits::SIGNATURES_MAX as u64 + 36;
    for round in 0..2 {
        for class in 0..calls {
            stage.at(class).start(f, 10, &[1000 + class as usize], 0);
            stage.at(class).finish(f, 10, 500);
        }
        let recording = stage.recording();
        let profile = recording.profile("f");
        assert_eq!(profile.call_count(), (round + 1) * calls);
        assert_eq!(profile.args.len(), limits::SIGNATURES_MAX + 1);
        assert!(profile.signatures().contains(&format!("(…) {}", 36 * (round + 1))));
        assert_eq!(recording.counter(Counter::SignaturesRefused), 36 * (round + 1));
    }
}

#[test]
fn a_reused_type_address_is_another_type() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 1));
    stage.at(0).start(f, 10, &[600], 0);
    stage.at(1).finish(f, 10, 600);
    stage.type_dies(600, "Reborn");
    stage.at(2).start(f, 10, &[600], 0);
    stage.at(3).finish(f, 10, 600);
    let recording = stage.recording();
    assert_eq!(recording.profile("f").signatures(), ["(T600) 1", "(Reborn) 1"]);
    assert_eq!(recording.profile("f").returns(), ["T600 1", "Reborn 1"]);
}

#[test]
fn a_reused_code_address_is_another_caller() {
    let mut stage = Stage::new(EventsMode::None);
    let f = stage.observe(1, &function("f", 0));
    stage.observe(2, &function("old", 0));
    stage.at(0).start(f, 10, &[], 2);
    stage.at(1).finish(f, 10, 500);
    stage.code_dies(2);
    stage.observe(2, &function("new", 0));
    stage.at(2).start(f, 10, &[], 2);
    stage.at(3).finish(f, 10, 500);
    assert_eq!(stage.recording().profile("f").callers(), ["old 1", "new 1"]);
}

#[test]
fn recompiled_code_finds_its_counters_again() {
    let mut stage = Stage::new(EventsMode::None);
    for round in 0..1000 {
        let f = stage.observe(7, &function("made", 1));
        stage.at(round).start(f, 10, &[501], 0);
        stage.at(round).finish(f, 10, 500);
        stage.code_dies(7);
    }
    let recording = stage.recording();
    assert_eq!(recording.profile("made").call_count(), 1000);
    assert_eq!(recording.observed().count(), 1);
}

#[test]
fn a_forked_child_starts_from_zero() {
    let mut stage = Stage::new(EventsMode::Sample);
    let f = stage.observe(1, &function("f", 0));
    stage.observe(2, &function("only_the_parent", 0));
    for _ in 0..3 {
        stage.at(0).start(f, 10, &[], 0);
        stage.at(1).finish(f, 10, 500);
    }
    stage.at(2).start(f, 10, &[], 0);
    stage.fork();
    stage.at(3).finish(f, 10, 500);
    stage.at(4).start(f, 11, &[], 0);
    stage.at(9).finish(f, 11, 500);
    let recording = stage.recording();
    assert_eq!(recording.profile("f").call_count(), 1);
    assert_eq!(recording.profile("f").latency_ns_sum, 5);
    assert_eq!(recording.observed().count(), 1, "functions the child never called are not its own");
    assert_eq!(stage.parent_recording().profile("f").call_count(), 4);
}

#[test]
fn examples_are_kept_up_to_the_bound() {
    let mut stage = Stage::new(EventsMode::Sample);
    let f = stage.observe(1, &function("f", 1));
    for call in 0..100 {
        stage.at(call).start(f, 10, &[501], 0);
        stage.at(call + 1).finish(f, 10, 502);
    }
    assert_eq!(stage.activations().len(), limits::SAMPLES_PER_WINDOW as usize);
    let later = 2_000_000_000;
    stage.at(later).start(f, 10, &[501], 0);
    stage.at(later + 7).raise(f, 10, 900, &[71]);
    let newest = stage.activations().pop().unwrap();
    assert_eq!(newest.latency_ns, 7);
    assert!(matches!(newest.outcome, ghost_model::Outcome::Raised(_)));
}

#[test]
fn every_activation_of_a_span_in_detail_is_kept_and_then_as_many_as_usual() {
    let mut stage = Stage::new(EventsMode::Sample);
    let f = stage.observe(1, &function("f", 1));
    let call = |stage: &mut Stage, now: u64| {
        stage.at(now).start(f, 10, &[501], 0);
        stage.at(now + 1).finish(f, 10, 502);
    };
    (0..100).for_each(|now| call(&mut stage, now));
    let usual = limits::SAMPLES_PER_WINDOW as usize;
    assert_eq!(stage.activations().len(), usual);
    stage.begin_span(77, 5);
    (100..200).for_each(|now| call(&mut stage, now));
    let spans = |stage: &Stage| -> Vec<u64> {
        stage.activations().iter().map(|activation| activation.span_id.0).collect()
    };
    assert_eq!(spans(&stage), [vec![0; usual], vec![77; 5]].concat());
    let later = 2_000_000_000;
    (0..100).for_each(|now| call(&mut stage, later + now));
    assert_eq!(spans(&stage).len(), 2 * usual + 5);
    // Where no example is wanted, no detail is either.
    let mut stage = Stage::new(EventsMode::None);
    let g = stage.observe(1, &function("g", 0));
    stage.begin_span(77, 5);
    stage.at(0).start(g, 10, &[], 0);
    stage.at(1).finish(g, 10, 502);
    assert!(stage.activations().is_empty());
}
