//! A budget driven through simulated programs: is it kept, are the estimates right, and is their error
//! what is said?

use ghost_ledger::{Identity, Ledger};

use super::*;
use crate::CodeAddress;
use crate::description::CodeDescription;
use crate::function_registry::FunctionRegistry;
use crate::type_registry::Texts;

/// What the interpreter takes for an event, and we: ten times what is real, as all here, which makes
/// a simulation ten times as fast.
const EVENT_TICKS: u64 = 120;
const WORK_TICKS: u64 = 300;
/// What is measured at start, on code that is not like the program: other events cost more there.
const DISPATCH_TOLD: Dispatch = Dispatch { start_ticks: EVENT_TICKS, other_ticks: 70 };

/// A program under observation: time passes, functions are called.
struct Program {
    budget: Budget,
    codes: Vec<&'static CodeState>,
    now: u64,
    /// Of this, time in which it did not run.
    idle: u64,
    /// True and counted calls per function.
    calls: Vec<(u64, u64)>,
    errors: Vec<(f64, f64)>,
    worked_ticks: u64,
    _folder: tempfile::TempDir,
}

impl Program {
    fn new(functions: usize, share: f64, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let who = Identity::default();
        let mut ledger = Ledger::create(&folder.path().join("ledger"), &who, 0).unwrap();
        let mut texts = Texts::default();
        let mut registry = FunctionRegistry::new(&mut ledger, &mut texts);
        let code = |number: usize| {
            let qualname = format!("f{number}");
            let description = CodeDescription { qualname, ..CodeDescription::default() };
            let address = CodeAddress(0x1000 + 64 * number);
            registry.observe(&mut ledger, &mut texts, address, &description).unwrap()
        };
        let codes = (0..functions).map(code).collect();
        let mut budget = Budget::new(share, 1.0, seed);
        budget.begin(DISPATCH_TOLD, Moment::default());
        Self {
            budget,
            codes,
            now: 0,
            idle: 0,
            calls: vec![(0, 0); functions],
            errors: vec![(0.0, 0.0); functions],
            worked_ticks: 0,
            _folder: folder,
        }
    }

    fn moment(&self) -> Moment {
        Moment { ticks: self.now, cpu_ns: self.cpu_ns() }
    }

    fn turn(&mut self) {
        let now = self.moment();
        match self.budget.turn(now, self.codes.iter().copied()) {
            Turn::Stay => {}
            Turn::Wake => {
                self.budget.open_window(now);
                self.switch();
                self.budget.window_opened(self.cpu_ns());
            }
            Turn::Deepen => {
                self.budget.deepen_window(now);
                self.switch();
            }
            Turn::Sleep => {
                let Self { budget, codes, errors, .. } = self;
                budget.close_window(|code, more| {
                    let place = codes.iter().position(|known| std::ptr::eq(*known, code)).unwrap();
                    errors[place].0 += more.variance;
                    errors[place].1 += more.bias;
                });
                let ticks = self.switch();
                self.budget.sleepers_asleep(ticks, self.moment());
            }
        }
    }

    fn switch(&mut self) -> u64 {
        let ticks = 500 * self.budget.sleepers().len() as u64;
        self.budget.meter().add_work(self.now, self.now + ticks);
        self.now += ticks;
        ticks
    }

    /// The program works; the timer gives turns meanwhile.
    fn work(&mut self, ticks: u64) {
        self.worked_ticks += ticks;
        let mut left = ticks;
        while let Some(wake) = self.budget.wake_ns().filter(|wake| *wake <= self.cpu_ns() + left) {
            let step = wake.saturating_sub(self.cpu_ns());
            left -= step.min(left);
            self.now += step;
            self.turn();
        }
        self.now += left;
    }

    fn cpu_ns(&self) -> u64 {
        self.now - self.idle
    }

    /// The program waits, or others have its processor.
    fn wait(&mut self, ticks: u64) {
        self.now += ticks;
        self.idle += ticks;
    }

    fn call(&mut self, function: usize) {
        self.calls[function].0 += 1;
        let sleeper = &self.codes[function].sleeper;
        if sleeper.weight.get() == 0 {
            return;
        }
        self.event();
        let weight = u64::from(sleeper.weight.get());
        if weight > 0 {
            sleeper.note_start();
            self.calls[function].1 += weight;
        }
        self.own_work();
        self.budget.meter().starts += 1;
        if sleeper.is_timed() {
            self.event();
            self.own_work();
        }
    }

    /// The interpreter prepares a callback; the budget may have something to do.
    fn event(&mut self) {
        self.now += EVENT_TICKS;
        if self.budget.is_due(self.now) {
            self.turn();
        }
    }

    fn own_work(&mut self) {
        let begin = self.now;
        self.now += WORK_TICKS;
        self.budget.meter().add(begin, self.now);
    }

    fn overhead(&self) -> f64 {
        self.now as f64 / self.worked_ticks as f64 - 1.0
    }

    /// Counted calls less true ones, and the standard error that is claimed.
    fn error(&self, function: usize) -> (f64, f64) {
        let (real, counted) = self.calls[function];
        let (variance, bias) = self.errors[function];
        (counted as f64 - real as f64, (variance.max(0.0) + bias * bias).sqrt())
    }
}

/// Three hot functions, one warm, one rare; phases in which one of the hot ones rests.
fn busy_program(program: &mut Program, seconds: f64) {
    let end = program.worked_ticks + (seconds * 1e9) as u64;
    let mut turn = 0_u64;
    while program.worked_ticks < end {
        turn += 1;
        program.work(600);
        program.call(0);
        program.work(450);
        program.call(1);
        if (turn / 7_000).is_multiple_of(2) {
            program.work(800);
            program.call(2);
        }
        if turn.is_multiple_of(300) {
            program.call(3);
        }
        if turn.is_multiple_of(10_000) {
            program.call(4);
        }
    }
}

#[test]
fn the_budget_is_kept_and_rare_functions_are_exact() {
    for (share, at_most) in [(0.01, 0.015), (0.02, 0.028), (0.10, 0.13)] {
        let mut program = Program::new(5, share, 7);
        busy_program(&mut program, 0.2);
        let (settled_now, settled_program) = (program.now, program.worked_ticks);
        busy_program(&mut program, 2.0);
        let worked_ticks = (program.worked_ticks - settled_program) as f64;
        let overhead = (program.now - settled_now) as f64 / worked_ticks - 1.0;
        assert!(overhead < at_most, "{share}: {overhead}");
        assert!(program.overhead() < 3.0 * share, "{share}: {}", program.overhead());
        assert_eq!(program.calls[4].0, program.calls[4].1);
        assert!(program.error(4).1 < f64::EPSILON);
    }
}

#[test]
fn estimates_lie_within_two_standard_errors() {
    let (mut within, mut all) = (0, 0);
    let mut relative = Vec::new();
    for seed in 0..40 {
        let mut program = Program::new(5, 0.02, seed);
        busy_program(&mut program, 1.0 + seed as f64 / 40.0);
        for function in 0..4 {
            let (error, standard_error) = program.error(function);
            within += u32::from(error.abs() <= 2.0 * standard_error);
            all += 1;
            relative.push(error / program.calls[function].0 as f64);
        }
    }
    assert!(f64::from(within) >= 0.95 * f64::from(all), "{within} of {all}");
    let mean = relative.iter().sum::<f64>() / relative.len() as f64;
    assert!(mean.abs() < 0.02, "biased by {mean}");
}

#[test]
fn time_in_which_the_program_does_not_run_counts_for_nothing() {
    for seed in 0..5 {
        let mut program = Program::new(5, 0.02, seed);
        for _ in 0..400 {
            busy_program(&mut program, 0.004);
            program.wait(20_000_000);
        }
        let (error, standard_error) = program.error(0);
        assert!(error.abs() <= 3.0 * standard_error, "{error} of ±{standard_error}");
        assert!(standard_error < 0.2 * program.calls[0].0 as f64, "{standard_error}");
    }
}

#[test]
fn a_function_that_is_no_longer_hot_is_exact_again() {
    let mut program = Program::new(5, 0.05, 1);
    busy_program(&mut program, 0.3);
    assert!(program.codes[0].sleeper.sleeps.get());
    for _ in 0..3_000 {
        program.work(1_000_000);
        // Windows end when something happens.
        program.call(4);
    }
    assert!(!program.codes[0].sleeper.sleeps.get());
    let before = program.calls[0];
    (0..100).for_each(|_| program.call(0));
    assert_eq!(program.calls[0].1 - before.1, 100);
}

#[test]
fn a_child_forked_within_a_window_sleeps_at_first() {
    for half in [false, true] {
        let mut program = Program::new(5, 0.02, 5);
        busy_program(&mut program, 0.2);
        let awake = |program: &Program| program.codes[0].sleeper.weight.get() > 1;
        while !(awake(&program) && program.codes[0].sleeper.timed.get() == half) {
            program.work(600);
            program.call(0);
        }
        let now = program.moment();
        program.budget.begin_child(now);
        program.switch();
        let before = program.calls[0];
        program.call(0);
        assert_eq!(program.calls[0].1, before.1, "counted as often as in the parent's window");
        busy_program(&mut program, 1.0);
        let (calls, counted) = (program.calls[0].0 - before.0, program.calls[0].1 - before.1);
        assert!(counted.abs_diff(calls) < calls / 3, "{counted} of {calls}");
    }
}
