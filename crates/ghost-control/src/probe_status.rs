//! What became of a probe in one process: its state, its counts, and the numbers it added up.

use serde::{Deserialize, Serialize};

use crate::probe_spec::ProbeSpec;

/// Where a probe is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeState {
    /// Waits: for the module of its target, or for the program to execute Python again.
    #[default]
    Pending,
    /// Its events are on.
    Active,
    /// Its time is over, or its hits are used up.
    Expired,
    /// Its expressions failed too often.
    Disabled,
    /// It could not be applied.
    Error,
}

impl ProbeState {
    /// As it is written everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
            Self::Error => "error",
        }
    }

    /// Whether it can still be hit.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Active)
    }
}

/// A probe in one process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeStatus {
    /// What was asked for.
    pub probe: ProbeSpec,
    /// Where it is in its life.
    pub state: ProbeState,
    /// Why, where there is something to tell.
    pub reason: Option<String>,
    /// How often it was hit within its limits.
    pub hit_count: u64,
    /// Hits that its limits refused.
    pub dropped_count: u64,
    /// Hits whose expressions had no value.
    pub error_count: u64,
    /// What the last of them said.
    pub error: Option<String>,
    /// What it added up: of `hist` and `incr`.
    pub numbers: Option<Numbers>,
    /// The file of its lines: of `hotspots`.
    pub file: Option<String>,
    /// Its lines: of `hotspots`.
    pub lines: Vec<LineTime>,
}

/// Numbers added up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub total: f64,
    /// The least.
    pub minimum: f64,
    /// The greatest.
    pub maximum: f64,
    /// How many there are of each magnitude: of `hist`.
    pub buckets: Vec<Bucket>,
}

/// Numbers of one magnitude. Zero and what is below it is in the bucket without an exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// The bucket holds what is greater than 2 to this power and at most twice that.
    pub exponent: Option<i16>,
    /// How many.
    pub count: u64,
}

/// One line and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTime {
    /// Its number.
    pub line: u32,
    /// How often it was executed.
    pub count: u64,
    /// The longest time it took at once.
    pub longest_ns: u64,
    /// All of them together.
    pub total_ns: u64,
}
