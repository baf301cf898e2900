//! Options of `ghost probe`.

use clap::{Args, Subcommand, ValueEnum};
use ghost_control::{LIFESPAN_MINUTES_DEFAULT, ProbeEvent, ProbeKind};

/// Arguments of `ghost probe`.
#[derive(Debug, Args)]
pub(crate) struct ProbeArguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: ProbeAction,
}

/// What can be done with probes.
#[derive(Debug, Subcommand)]
pub(crate) enum ProbeAction {
    /// Add a probe to a running session.
    Add(AddArguments),
    /// List the probes of a running session, and their state in each process.
    List(ListArguments),
    /// Show what probes saw.
    Read(ReadArguments),
    /// Remove probes.
    Rm(RemoveArguments),
    /// Time every line of a function for a while.
    Hotspots(HotspotsArguments),
}

/// Which processes.
#[derive(Debug, Args)]
pub(crate) struct ProbeScope {
    /// A running session: its id, the start of one, its name, or `latest`.
    #[arg(long, value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// Only this process of it.
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Option<u32>,
}

/// Arguments of `ghost probe add`.
#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// `package.module.function`, `package.module.Class.method` or `package.module:LINE`.
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// When to look.
    #[arg(long, value_name = "EVENT", default_value = "return")]
    pub(crate) event: EventChoice,
    /// What to look at: an expression of the names of the event, such as `len(items)`.
    #[arg(long, value_name = "EXPR")]
    pub(crate) value: Option<String>,
    /// What to do with it.
    #[arg(long = "type", value_name = "TYPE", default_value = "log")]
    pub(crate) kind: KindChoice,
    /// What to call the probe. Default: the end of its target.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Look only where this expression is true.
    #[arg(long, value_name = "EXPR")]
    pub(crate) condition: Option<String>,
    /// Minutes after which the probe removes itself.
    #[arg(long, value_name = "MINUTES", default_value_t = LIFESPAN_MINUTES_DEFAULT)]
    pub(crate) lifespan: f64,
    /// Hits after which it removes itself, in each process.
    #[arg(long, value_name = "N")]
    pub(crate) max_hits: Option<u64>,
    /// Hits per second and process; more are counted only. Default: 5000 for a log.
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) rate: Option<u32>,
    #[command(flatten)]
    pub(crate) scope: ProbeScope,
}

/// Arguments of `ghost probe list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) scope: ProbeScope,
    /// How to write it.
    #[arg(long, default_value = "text")]
    pub(crate) format: ProbeFormat,
}

/// Arguments of `ghost probe read`.
#[derive(Debug, Args)]
pub(crate) struct ReadArguments {
    /// Only these probes, by id or name.
    #[arg(value_name = "PROBE")]
    pub(crate) probes: Vec<String>,
    /// Go on until there is no probe left, or Ctrl-C.
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) scope: ProbeScope,
    /// How to write it.
    #[arg(long, default_value = "text")]
    pub(crate) format: ProbeFormat,
}

/// Arguments of `ghost probe rm`.
#[derive(Debug, Args)]
pub(crate) struct RemoveArguments {
    /// Probes by id or name; `all` for all.
    #[arg(value_name = "PROBE", required = true)]
    pub(crate) probes: Vec<String>,
    /// A running session: its id, the start of one, its name, or `latest`.
    #[arg(long, value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
}

/// Arguments of `ghost probe hotspots`.
#[derive(Debug, Args)]
pub(crate) struct HotspotsArguments {
    /// `package.module.function` or `package.module.Class.method`.
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// How long to look.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub(crate) seconds: f64,
    #[command(flatten)]
    pub(crate) scope: ProbeScope,
}

/// When a probe looks.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EventChoice {
    /// A call begins.
    Call,
    /// A call has ended.
    Return,
    /// A call has ended by an exception.
    Raise,
    /// A line begins.
    Line,
    /// A call is about to return.
    End,
}

impl From<EventChoice> for ProbeEvent {
    fn from(choice: EventChoice) -> Self {
        match choice {
            EventChoice::Call => Self::Call,
            EventChoice::Return => Self::Return,
            EventChoice::Raise => Self::Raise,
            EventChoice::Line => Self::Line,
            EventChoice::End => Self::End,
        }
    }
}

/// What a probe does with what it sees.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KindChoice {
    /// Keeps it, to be read.
    Log,
    /// Adds it to a histogram.
    Hist,
    /// Adds it to a counter; 1 if there is no value.
    Incr,
}

impl From<KindChoice> for ProbeKind {
    fn from(choice: KindChoice) -> Self {
        match choice {
            KindChoice::Log => Self::Log,
            KindChoice::Hist => Self::Hist,
            KindChoice::Incr => Self::Incr,
        }
    }
}

/// How probes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProbeFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

fn rate(text: &str) -> Result<u32, &'static str> {
    let number = text.strip_suffix("/s").unwrap_or(text).parse().ok();
    number.filter(|rate| *rate > 0).ok_or("a rate is a number of hits per second, such as `100/s`")
}

fn seconds(text: &str) -> Result<f64, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=3_600.0).contains(seconds));
    seconds.ok_or("a time is a number of seconds from 0.1 to 3600")
}
