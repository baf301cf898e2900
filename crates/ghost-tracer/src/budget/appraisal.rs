//! Which functions must sleep: those called most, until what the others cost fits.

use super::{APPRAISAL_OWN_NS, Budget, Mark, Moment, Phase};
use crate::code_state::CodeState;

/// Part of the budget that functions which are always observed may use; windows have the rest.
const EXACT_PART: f64 = 0.5;

impl Budget {
    /// Looks at what each function was called since the last time, and chooses who sleeps from the next
    /// cycle on. The hottest go first, so that as many as possible stay exact.
    pub(super) fn appraise(
        &mut self,
        now: Moment,
        codes: impl Iterator<Item = &'static CodeState>,
    ) {
        self.due_own = self.meter.own_ticks + self.ticks(APPRAISAL_OWN_NS);
        let own_ns = self.own_ns().saturating_sub(self.own_in_windows_ns);
        let appraised = Mark { own_ns, ..self.mark(now.cpu_ns) };
        let last = std::mem::replace(&mut self.appraised, appraised);
        let own = own_ns.saturating_sub(last.own_ns) as f64;
        let program = (now.cpu_ns.saturating_sub(last.cpu_ns) as f64 - own).max(0.0);
        let mut awake: Vec<(u32, &'static CodeState)> = codes
            .filter(|code| code.sleeper.weight.get() == 1)
            .map(|code| (code.sleeper.recent(), code))
            .filter(|(starts, _)| *starts > 0)
            .collect();
        for (_, code) in &awake {
            code.sleeper.take_recent();
        }
        let starts: f64 = awake.iter().map(|(starts, _)| f64::from(*starts)).sum();
        let cost = own / starts.max(1.0);
        // Those that join the next cycle are still awake, but not for long.
        awake.retain(|(_, code)| !code.sleeper.sleeps.get());
        let stay: f64 = awake.iter().map(|(starts, _)| f64::from(*starts)).sum();
        let mut excess = stay * cost - program * self.share * EXACT_PART;
        awake.sort_unstable_by_key(|(starts, _)| std::cmp::Reverse(*starts));
        for (starts, code) in awake {
            if excess <= 0.0 {
                break;
            }
            // One that may not sleep yet will soon: nobody else has to in its place.
            excess -= f64::from(starts) * cost;
            if code.sleeper.may_sleep() {
                let rate = f64::from(starts) / program.max(1.0);
                code.sleeper.choose(rate * self.next_window_ns as f64);
                self.joining.push(code);
            }
        }
        self.let_join(now);
    }

    /// Those chosen join the cycle that is yet to begin, if there is one.
    fn let_join(&mut self, now: Moment) {
        let to_come = matches!(self.phase, Phase::Before { .. }) && now.cpu_ns < self.cycle.cpu_ns;
        if to_come && !self.joining.is_empty() {
            self.adopts = true;
        }
    }
}
