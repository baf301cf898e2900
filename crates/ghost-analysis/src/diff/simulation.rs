//! How often the tests are wrong, measured on simulated sessions: the same numbers on every run.

use ghost_model::{
    ExceptionCount, Function, FunctionKey, FunctionKind, Profile, Recording, TypeId, bucket_index,
};

use super::{Comparison, Limits, compare};

/// Steele, Lea and Flood's `SplitMix64`.
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// By the method of Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// How a simulated function behaves.
#[derive(Clone, Copy)]
struct Behaviour {
    calls: u64,
    median_ns: f64,
    /// Standard deviation of the logarithm.
    spread: f64,
    failing: f64,
}

fn profile(chance: &mut Chance, behaviour: Behaviour) -> Profile {
    let Behaviour { calls, median_ns, spread, failing } = behaviour;
    let mut profile = Profile { args: vec![(vec![], calls)], ..Profile::default() };
    let mut failed = 0;
    for _ in 0..calls {
        let ns = (median_ns * (spread * chance.normal()).exp()) as u64;
        profile.latency.add(bucket_index(ns), 1);
        profile.latency_ns_sum += ns;
        profile.latency_ns_max = profile.latency_ns_max.max(ns);
        failed += u64::from(chance.uniform() < failing);
    }
    if failed > 0 {
        let count = ExceptionCount { exception: TypeId(0), caught_by: None, count: failed };
        profile.exceptions.push(count);
    }
    profile
}

fn recording(chance: &mut Chance, behaviours: &[Behaviour]) -> Recording {
    let mut recording = Recording::default();
    for (index, &behaviour) in behaviours.iter().enumerate() {
        recording.functions.push(Function {
            key: FunctionKey { module: "m".into(), qualname: format!("f{index}"), line: 1 },
            file: "m.py".into(),
            parameters: String::new(),
            kind: FunctionKind::Function,
        });
        recording.profiles.push(profile(chance, behaviour));
    }
    recording
}

/// Few and many calls, narrow and wide distributions, with and without failures.
fn behaviours() -> Vec<Behaviour> {
    let mut all = Vec::new();
    for calls in [9, 40, 150] {
        for spread in [0.05, 0.4, 1.2] {
            for failing in [0.0, 0.03, 0.5] {
                all.push(Behaviour { calls, median_ns: 2_000_000.0, spread, failing });
            }
        }
    }
    all
}

/// Whether anything measured is reported.
fn reports(comparison: &Comparison) -> bool {
    comparison.changed.iter().any(|change| {
        change.exception_rate.is_some() || change.latency.is_some_and(|l| l.tested.is_some())
    })
}

fn share_of_reports(limits: &Limits, rounds: u32) -> f64 {
    let mut chance = Chance(7);
    let wrong = (0..rounds).filter(|_| {
        let [before, after] = [(); 2].map(|()| recording(&mut chance, &behaviours()));
        reports(&compare(&before, &after, limits))
    });
    wrong.count() as f64 / f64::from(rounds)
}

#[test]
fn sessions_of_the_same_program_are_reported_as_different_at_the_stated_rate_at_most() {
    let rounds = 200;
    // Without any tolerance, so that the test itself is held to its word; with a rate at which
    // two hundred rounds can tell. Three standard errors are granted.
    for rate in [0.05, 0.2] {
        let limits = Limits {
            latency_buckets_tolerated: 0,
            false_discovery_rate: rate,
            ..Limits::default()
        };
        let share = share_of_reports(&limits, rounds);
        let error = (rate * (1.0 - rate) / f64::from(rounds)).sqrt();
        assert!(share <= rate + 3.0 * error, "{share} at {rate}");
        assert!(share > 0.0, "a test that never reports proves nothing at {rate}");
    }
    assert!(share_of_reports(&Limits::default(), rounds) <= 0.01);
}

/// In how many of twenty comparisons a shift of all durations is found.
fn found(factor: f64, calls: u64, spread: f64) -> usize {
    let mut chance = Chance(11);
    let behaviour = Behaviour { calls, median_ns: 3_000_000.0, spread, failing: 0.0 };
    let shifted = Behaviour { median_ns: behaviour.median_ns * factor, ..behaviour };
    let rounds = (0..20).filter(|_| {
        let before = recording(&mut chance, &[behaviour]);
        let after = recording(&mut chance, &[shifted]);
        reports(&compare(&before, &after, &Limits::default()))
    });
    rounds.count()
}

#[test]
fn a_shift_of_a_fifth_is_found_with_enough_traffic() {
    assert_eq!(found(1.2, 200, 0.1), 20);
    assert_eq!(found(1.2, 2_000, 0.3), 20);
    assert_eq!(found(1.0 / 1.2, 2_000, 0.3), 20);
    assert!(found(1.2, 20_000, 1.0) >= 19);
    assert_eq!(found(2.0, 20, 0.3), 20);
}

#[test]
fn a_shift_within_the_noise_of_a_machine_is_not_reported() {
    assert_eq!(found(1.05, 20_000, 0.3), 0);
    assert_eq!(found(0.95, 20_000, 1.0), 0);
}

#[test]
fn a_higher_rate_of_failures_is_found() {
    let mut chance = Chance(13);
    let behaviour = Behaviour { calls: 500, median_ns: 1e6, spread: 0.2, failing: 0.01 };
    let before = recording(&mut chance, &[behaviour]);
    let after = recording(&mut chance, &[Behaviour { failing: 0.1, ..behaviour }]);
    let comparison = compare(&before, &after, &Limits::default());
    assert!(comparison.changed[0].exception_rate.unwrap().is_higher());
}
