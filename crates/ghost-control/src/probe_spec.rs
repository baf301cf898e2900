//! What a probe from outside is to do. Checked before anything is done with it; applies nothing.

use ghost_probes::Expression;
use serde::{Deserialize, Serialize};

/// How long a probe lives where nobody says.
pub const LIFESPAN_MINUTES_DEFAULT: f64 = 10.0;
/// One week: a probe from outside always ends.
pub const LIFESPAN_MINUTES_MAX: f64 = 7.0 * 24.0 * 60.0;

/// Hits per second of a log where nobody says; more would be felt.
const LOG_RATE: u32 = 5_000;
/// Hits per second that can be asked for.
const RATE_MAX: u32 = 1_000_000;
const ID_BYTES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 200;
const TARGET_BYTES_MAX: usize = 500;
const EXPRESSION_BYTES_MAX: usize = 1_000;

/// What a probe does at its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// Tells a value, or that it was hit.
    Log,
    /// Adds a number to a histogram.
    Hist,
    /// Adds a number to a counter; one where it has no value.
    Incr,
    /// Times every line.
    Hotspots,
}

/// When a probe is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeEvent {
    /// A call begins.
    Call,
    /// A call has ended, by an exception too.
    Return,
    /// A call has ended by an exception.
    Raise,
    /// A line begins.
    Line,
    /// A call is about to return: its locals are still there.
    End,
}

/// A probe from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSpec {
    /// Names it in its session: lower case letters, digits and hyphens.
    pub id: String,
    /// `package.module.function`, or `package.module:line`.
    pub target: String,
    /// What it does.
    #[serde(rename = "type")]
    pub kind: ProbeKind,
    /// When.
    pub event: ProbeEvent,
    /// What it is called in what it tells.
    pub name: String,
    /// An expression of the small language; what is told.
    #[serde(default)]
    pub value: Option<String>,
    /// An expression of the small language; only where it is true is anything told.
    #[serde(default)]
    pub condition: Option<String>,
    /// When it was asked for.
    pub created_unix_ns: u64,
    /// When it ends, whatever becomes of who asked for it.
    pub expires_unix_ns: u64,
    /// After how many hits it ends.
    #[serde(default)]
    pub max_hits: Option<u64>,
    /// How many hits per second it may have.
    #[serde(default)]
    pub rate: Option<u32>,
}

/// Why a probe makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// An id of other characters, or too long.
    #[error("an id is up to {ID_BYTES_MAX} lower case letters, digits and hyphens")]
    Id,
    /// A name that is empty, too long, or cannot be printed.
    #[error("a name is up to {NAME_BYTES_MAX} bytes that can be printed")]
    Name,
    /// A target that names nothing.
    #[error("`{}` is neither a dotted path nor `module:line`", target.escape_debug())]
    Target {
        /// As it was given.
        target: String,
    },
    /// An expression that is none, or holds what is not allowed.
    #[error("`{text}`: {reason}")]
    Expression {
        /// As it was given, as far as it can be printed.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// A histogram of nothing.
    #[error("a histogram needs a value")]
    NoValue,
    /// Line timings have no value of their own.
    #[error("line timings take neither a value nor a condition")]
    ValueOfHotspots,
    /// A probe that lives too long or not at all.
    #[error("a lifespan is more than 0 and at most {LIFESPAN_MINUTES_MAX} minutes")]
    Lifespan,
    /// A rate or a number of hits that makes no sense.
    #[error("`{name}` is at least 1 and at most {max}")]
    Limit {
        /// Which.
        name: &'static str,
        /// The most there can be.
        max: u64,
    },
}

impl ProbeSpec {
    /// Checks all of it.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), SpecError> {
        check_id(&self.id)?;
        check_name(&self.name)?;
        check_target(&self.target)?;
        self.check_expressions()?;
        self.check_limits()
    }

    /// Hits per second it may have, where there is a bound.
    pub fn rate_max(&self) -> Option<u32> {
        self.rate.or((self.kind == ProbeKind::Log).then_some(LOG_RATE))
    }

    /// Its expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &str> {
        [&self.value, &self.condition].into_iter().flatten().map(String::as_str)
    }

    fn check_expressions(&self) -> Result<(), SpecError> {
        for text in self.expressions() {
            let printed = text.replace(char::is_control, "\u{fffd}");
            let wrong = |reason| SpecError::Expression { text: printed, reason };
            if text.len() > EXPRESSION_BYTES_MAX {
                return Err(wrong(format!("longer than {EXPRESSION_BYTES_MAX} bytes")));
            }
            Expression::parse(text).map_err(|error| wrong(error.to_string()))?;
        }
        match self.kind {
            ProbeKind::Hist if self.value.is_none() => Err(SpecError::NoValue),
            ProbeKind::Hotspots if self.expressions().next().is_some() => {
                Err(SpecError::ValueOfHotspots)
            }
            _ => Ok(()),
        }
    }

    fn check_limits(&self) -> Result<(), SpecError> {
        let life_ns = self.expires_unix_ns.saturating_sub(self.created_unix_ns);
        if life_ns == 0 || life_ns as f64 > LIFESPAN_MINUTES_MAX * 60e9 {
            return Err(SpecError::Lifespan);
        }
        if self.max_hits == Some(0) {
            return Err(SpecError::Limit { name: "max_hits", max: u64::MAX });
        }
        if self.rate.is_some_and(|rate| !(1..=RATE_MAX).contains(&rate)) {
            return Err(SpecError::Limit { name: "rate", max: RATE_MAX.into() });
        }
        Ok(())
    }
}

/// Whether a text can be the id of a probe.
pub(crate) fn check_id(id: &str) -> Result<(), SpecError> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_id = (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(is_allowed);
    is_id.then_some(()).ok_or(SpecError::Id)
}

fn check_name(name: &str) -> Result<(), SpecError> {
    let is_name = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
    is_name.then_some(()).ok_or(SpecError::Name)
}

fn check_target(target: &str) -> Result<(), SpecError> {
    let (path, line) = match target.split_once(':') {
        Some((path, line)) => (path, Some(line)),
        None => (target, None),
    };
    let is_line =
        |line: &str| (1..=9).contains(&line.len()) && line.bytes().all(|b| b.is_ascii_digit());
    let parts = path.split('.').count();
    let is_target = target.len() <= TARGET_BYTES_MAX
        && path.split('.').all(is_part)
        && line.map_or(parts >= 2, is_line);
    is_target.then_some(()).ok_or_else(|| SpecError::Target { target: target.to_owned() })
}

/// Part of a dotted path: a name as Python has them.
fn is_part(part: &str) -> bool {
    let is_name = |mut name: std::str::Chars<'_>| {
        name.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && name.all(|rest| rest.is_alphanumeric() || rest == '_')
    };
    part == "<locals>" || is_name(part.chars())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn spec(id: &str) -> ProbeSpec {
        ProbeSpec {
            id: id.into(),
            target: "app.orders.place".into(),
            kind: ProbeKind::Log,
            event: ProbeEvent::Return,
            name: "place".into(),
            value: Some("len(items)".into()),
            condition: None,
            created_unix_ns: 1,
            expires_unix_ns: 60_000_000_001,
            max_hits: None,
            rate: None,
        }
    }

    #[test]
    fn targets_are_dotted_paths_or_lines_and_never_files() {
        for target in ["app.f", "app.outer.<locals>.inner", "app:12", "a.b.C.__init__", "ä.ö"] {
            assert_eq!(check_target(target), Ok(()), "{target}");
        }
        for target in [
            "", "app", "app.", ".app", "../app.f", "app/x.f", "app.f:1", "app:", "app:x", "a.f g",
            "a.1",
        ] {
            let outcome = check_target(target);
            assert_eq!(outcome.is_err(), target != "app.f:1", "{target}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let said = |change: fn(&mut ProbeSpec)| {
            let mut wrong = spec("a");
            change(&mut wrong);
            wrong.check().unwrap_err().to_string()
        };
        assert_eq!(spec("a").check(), Ok(()));
        assert!(
            said(|spec| spec.value = Some("().__class__".into())).starts_with("`().__class__`: ")
        );
        assert!(
            said(|spec| spec.condition = Some("open('x')".into())).starts_with("`open('x')`: ")
        );
        assert!(said(|spec| spec.id = "../x".into()).starts_with("an id"));
        assert!(said(|spec| spec.expires_unix_ns = 0).starts_with("a lifespan"));
        assert!(said(|spec| spec.expires_unix_ns = u64::MAX).starts_with("a lifespan"));
        assert!(said(|spec| spec.rate = Some(0)).starts_with("`rate`"));
        assert!(said(|spec| spec.max_hits = Some(0)).starts_with("`max_hits`"));
        assert!(said(|spec| spec.name = "a\u{1b}[2J".into()).starts_with("a name"));
        assert_eq!(
            said(|spec| (spec.kind, spec.value) = (ProbeKind::Hist, None)),
            "a histogram needs a value"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_checked_without_panic(id in ".{0,80}", target in ".{0,80}", value in ".{0,200}") {
            let mut spec = spec("a");
            (spec.id, spec.target, spec.value) = (id, target, Some(value));
            let _ = spec.check();
        }
    }
}
