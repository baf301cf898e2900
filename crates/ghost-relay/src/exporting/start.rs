//! Starting what the settings ask for. What cannot start is said, and the others start all the same.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ghost_spans::sinks::{Colour, ConsoleSink, JsonlSettings, JsonlSink, Layout, Stream};

use super::Exporting;
use crate::lane::{Lane, LaneLimits};
use crate::metric_table::MetricTable;
use crate::notice::Say;
use crate::otlp::{MetricPusher, OtlpSpanSink, instance_id};
use crate::prometheus_endpoint::PrometheusEndpoint;
use crate::settings::{ExportSettings, ExporterSettings, OtlpSettings, SignalSettings};
use crate::sink::Sink;
use crate::text_sink::TextSink;
use crate::transport::{self, TransportError};

/// What may wait for a file or terminal: these are quick, or stuck.
const LOCAL_LIMITS: LaneLimits = LaneLimits {
    queue_max: 65_536,
    queue_bytes_max: 32 << 20,
    batch_max: 1_024,
    delay: Duration::from_millis(200),
};
/// Files begin anew at this size, and so many are kept: together no more than 1 GiB.
const JSONL_BYTES_MAX: u64 = 64 << 20;
const JSONL_KEEP: usize = 15;

/// Why an exporter could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nothing can be sent.
    #[error("exporter `otlp`")]
    Transport(#[from] TransportError),
    /// The address is taken or not ours.
    #[error("exporter `prometheus`: cannot listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

impl StartError {
    /// The way out.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Transport(_) => None,
            Self::Listen { .. } => Some("`--exporter prometheus=127.0.0.1:0` takes any free port"),
        }
    }
}

impl Exporting {
    /// Starts everything that can start.
    pub fn start(settings: &ExportSettings, say: &Say) -> (Self, Vec<StartError>) {
        let salt = RandomState::new().hash_one(0);
        let mut starting = Starting {
            salt,
            settings,
            say,
            table: Arc::new(MetricTable::new(settings.service.clone(), instance_id(salt, 0))),
            exporting: Self {
                lanes: Vec::new(),
                pushers: Vec::new(),
                endpoints: Vec::new(),
                metrics: None,
                accounts: HashMap::default(),
            },
            problems: Vec::new(),
        };
        for exporter in &settings.exporters {
            starting.add(exporter);
        }
        for lane in &starting.exporting.lanes {
            starting.table.watch(lane.meter());
        }
        (starting.exporting, starting.problems)
    }
}

struct Starting<'a> {
    salt: u64,
    settings: &'a ExportSettings,
    say: &'a Say,
    table: Arc<MetricTable>,
    exporting: Exporting,
    problems: Vec<StartError>,
}

impl Starting<'_> {
    fn add(&mut self, exporter: &ExporterSettings) {
        match exporter {
            ExporterSettings::Otlp(otlp) => self.add_otlp(otlp),
            ExporterSettings::Prometheus(address) => self.add_prometheus(*address),
            ExporterSettings::Jsonl(folder) => {
                let sink = JsonlSink::new(JsonlSettings {
                    dir: folder.clone(),
                    prefix: "ghostglass".into(),
                    rotate_bytes: JSONL_BYTES_MAX,
                    rotate_interval: None,
                    keep: Some(JSONL_KEEP),
                });
                let about = format!("`{}`", folder.display());
                self.add_lane("jsonl", &about, Box::new(TextSink::new(sink)), LOCAL_LIMITS);
            }
            ExporterSettings::Console { pretty } => {
                let layout = if *pretty { Layout::Pretty } else { Layout::Compact };
                let sink = ConsoleSink::new(Stream::Stderr, layout, Colour::Auto);
                self.add_lane("console", "stderr", Box::new(TextSink::new(sink)), LOCAL_LIMITS);
            }
        }
    }

    fn add_otlp(&mut self, otlp: &OtlpSettings) {
        if let Some(traces) = &otlp.traces {
            match transport::connect(traces) {
                Ok(transport) => {
                    let service = self.settings.service.clone();
                    let sink = OtlpSpanSink::new(transport, service, self.salt);
                    let about = about(traces);
                    self.add_lane("otlp", &about, Box::new(sink), otlp.limits);
                }
                Err(error) => return self.problems.push(error.into()),
            }
        }
        if let Some(metrics) = &otlp.metrics {
            match transport::connect(metrics) {
                Ok(transport) => {
                    let table = Arc::clone(&self.table);
                    let source = Arc::new(move || table.otlp_request());
                    let notices =
                        (self.say.clone(), format!("`otlp` metrics ({})", about(metrics)));
                    let interval = otlp.metric_interval;
                    let pusher = MetricPusher::start(source, transport, interval, notices);
                    self.exporting.pushers.push(pusher);
                    self.exporting.metrics = Some(Arc::clone(&self.table));
                }
                Err(error) => self.problems.push(error.into()),
            }
        }
    }

    fn add_prometheus(&mut self, address: SocketAddr) {
        match PrometheusEndpoint::start(address, Arc::clone(&self.table)) {
            Ok(endpoint) => {
                self.exporting.endpoints.push(endpoint);
                self.exporting.metrics = Some(Arc::clone(&self.table));
            }
            Err(source) => self.problems.push(StartError::Listen { address, source }),
        }
    }

    /// The second of a kind has a number behind its name.
    fn add_lane(&mut self, kind: &str, about: &str, sink: Box<dyn Sink>, limits: LaneLimits) {
        let is_same = |lane: &&Lane| lane.name().split('_').next() == Some(kind);
        let name = match self.exporting.lanes.iter().filter(is_same).count() {
            0 => kind.to_owned(),
            before => format!("{kind}_{}", before + 1),
        };
        let about = format!("`{name}` ({about})");
        self.exporting.lanes.push(Lane::start(name, about, sink, limits, self.say.clone()));
    }
}

fn about(settings: &SignalSettings) -> String {
    format!("`{}`", settings.endpoint.place())
}
