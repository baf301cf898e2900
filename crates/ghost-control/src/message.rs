//! What controllers ask of an observed process, and what it answers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::probe_spec::ProbeSpec;
use crate::probe_status::ProbeStatus;

/// What is asked for; one per connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Who are you?
    Hello,
    /// Add a probe; one that is there already stays.
    AddProbe {
        /// What it is to do.
        probe: ProbeSpec,
    },
    /// Remove a probe.
    RemoveProbe {
        /// Its id.
        id: String,
    },
    /// Tell all probes.
    ListProbes,
    /// Tell what probes saw.
    ReadHits {
        /// Only what came after this number.
        after: u64,
    },
    /// Begin to observe into a run folder.
    StartObserving {
        /// The folder, made by who asks.
        run_dir: PathBuf,
    },
    /// Stop observing.
    StopObserving,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// To [`Request::Hello`].
    Hello(Hello),
    /// It is done.
    Done,
    /// It will be done as soon as the program executes Python again.
    Waiting,
    /// Probes, the oldest first.
    Probes {
        /// One for each that was asked for in this process.
        probes: Vec<ProbeStatus>,
    },
    /// What probes saw.
    Hits(Hits),
    /// It is not done.
    Refused {
        /// Why: a fragment in lower case.
        reason: String,
    },
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of Ghostglass in it.
    pub ghostglass: String,
    /// Its id, as it sees it itself.
    pub pid: u32,
    /// The version of its interpreter, as `sys.hexversion`.
    pub python_hexversion: u32,
    /// Whether it is being observed.
    pub is_observing: bool,
}

/// What probes saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hits {
    /// The oldest first.
    pub hits: Vec<Hit>,
    /// Hits that were overwritten before they were read, since the process began.
    pub overwritten_count: u64,
    /// Whether there is more to be read at once.
    pub has_more: bool,
}

/// One hit of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Counts all hits of the process, from one.
    pub number: u64,
    /// When.
    pub time_unix_ns: u64,
    /// The id of the probe.
    pub id: String,
    /// The value as text; `None` where the probe has none.
    pub value: Option<String>,
}
