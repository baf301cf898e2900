//! What may be asked of a run, as `run.conf` says: the parent writes it, the observed process reads it
//! once and refuses what it forbids, so that no program and no controller can talk it out of that.

use std::fmt::Write as _;

use ghost_probes::Expression;

use crate::glob;
use crate::probe_spec::{ProbeKind, ProbeSpec};

/// Names that tell when and how long, nothing of the program's.
const TIMES: [&str; 3] = ["elapsed", "end", "start"];

/// What may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether there may be probes, and a socket at all.
    pub is_enabled: bool,
    /// Whether values of the program may leave it.
    pub allows_values: bool,
    /// What may be probed; everything where there is none.
    pub targets: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { is_enabled: true, allows_values: true, targets: Vec::new() }
    }
}

/// Why something is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No probes.
    #[error("the policy of this run forbids probes")]
    Disabled,
    /// No values.
    #[error("the policy of this run forbids values: only `elapsed`, `start` and `end` may be read")]
    Values,
    /// Not this target.
    #[error("the policy of this run does not allow target `{target}`")]
    Target {
        /// Which.
        target: String,
    },
}

impl Policy {
    /// Reads the text of `run.conf`; what it does not say is allowed.
    pub fn parse(conf: &str) -> Self {
        let mut policy = Self::default();
        for (key, value) in conf.lines().filter_map(|line| line.split_once('=')) {
            match key {
                "probes" => policy.is_enabled = value != "0",
                "probe_values" => policy.allows_values = value != "forbid",
                "probe_target" => policy.targets.push(value.to_owned()),
                _ => {}
            }
        }
        policy
    }

    /// As lines of `run.conf`; none for what is allowed anyway.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        if !self.is_enabled {
            lines.push_str("probes=0\n");
        }
        if !self.allows_values {
            lines.push_str("probe_values=forbid\n");
        }
        for target in &self.targets {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "probe_target={target}");
        }
        lines
    }

    /// Whether a probe may be added. What its target really leads to is asked with [`Policy::allows`].
    ///
    /// # Errors
    /// What forbids it.
    pub fn check(&self, probe: &ProbeSpec) -> Result<(), Refusal> {
        if !self.is_enabled {
            return Err(Refusal::Disabled);
        }
        if !self.allows(&probe.target) {
            return Err(Refusal::Target { target: probe.target.clone() });
        }
        if !self.allows_values && probe.kind != ProbeKind::Hotspots && reads_values(probe) {
            return Err(Refusal::Values);
        }
        Ok(())
    }

    /// Whether a function or line may be probed.
    pub fn allows(&self, target: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|glob| glob::matches(glob, target))
    }
}

/// Whether an expression reads anything of the program's. A condition tells a bit of what it reads.
fn reads_values(probe: &ProbeSpec) -> bool {
    let is_time = |name: &&str| TIMES.contains(name);
    probe.expressions().any(|text| {
        let parsed = Expression::parse(text);
        parsed.map_or(true, |parsed| !parsed.names().iter().all(is_time))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe_spec::tests::spec;

    #[test]
    fn a_policy_is_read_as_it_was_written() {
        let policy = Policy {
            is_enabled: false,
            allows_values: false,
            targets: vec!["app.*".into(), "lib".into()],
        };
        assert_eq!(Policy::parse(&format!("root=/a\n{}quiet=1\n", policy.lines())), policy);
        assert_eq!(Policy::parse("root=/a\n"), Policy::default());
        assert_eq!(Policy::default().lines(), "");
    }

    #[test]
    fn what_is_forbidden_is_refused_with_the_reason() {
        let said = |conf: &str, probe: &ProbeSpec| {
            Policy::parse(conf).check(probe).err().map(|refusal| refusal.to_string())
        };
        let probe = spec("a");
        assert_eq!(said("", &probe), None);
        assert!(said("probes=0", &probe).unwrap().contains("forbids probes"));
        assert!(said("probe_values=forbid", &probe).unwrap().contains("forbids values"));
        assert_eq!(said("probe_target=app", &probe), None);
        assert_eq!(
            said("probe_target=lib", &probe).unwrap(),
            "the policy of this run does not allow target `app.orders.place`"
        );
    }

    #[test]
    fn without_values_times_and_counts_are_left() {
        let policy = Policy::parse("probe_values=forbid");
        let mut probe = spec("a");
        for (value, condition, is_allowed) in [
            (None, None, true),
            (Some("elapsed * 1000"), Some("elapsed > 0.5"), true),
            (Some("1 + 1"), None, true),
            (Some("elapsed"), Some("len(items) > 3"), false),
            (Some("[elapsed, result]"), None, false),
        ] {
            probe.value = value.map(Into::into);
            probe.condition = condition.map(Into::into);
            assert_eq!(policy.check(&probe).is_ok(), is_allowed, "{value:?} {condition:?}");
        }
    }
}
