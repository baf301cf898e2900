//! Who spans and metrics come from: the service, and one of its processes.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::value;

/// What `service.name` is where nobody named it, as the specification wants it.
const UNKNOWN_SERVICE: &str = "unknown_service:python";

/// The service that is observed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Semantic names and values, as the user gave them; of equal names the last counts.
    pub attributes: Vec<(String, String)>,
}

/// The process, or the group of processes, that something comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Tells instances of the service apart.
    pub instance_id: String,
    /// Process id, where it is one process.
    pub pid: Option<u32>,
    /// Version of the interpreter; empty where it is not known.
    pub python_version: String,
}

impl Service {
    /// Semantic names and values that are the same for all its processes.
    pub fn facts(&self) -> Vec<(String, String)> {
        let own = [
            ("service.name", UNKNOWN_SERVICE),
            ("telemetry.sdk.name", "ghostglass"),
            ("telemetry.sdk.language", "python"),
            ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
            ("telemetry.distro.name", "ghostglass"),
            ("telemetry.distro.version", env!("CARGO_PKG_VERSION")),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let given = self.attributes.iter().filter(|(_, value)| !value.is_empty()).cloned();
        let mut facts: Vec<(String, String)> = Vec::new();
        for (name, value) in own.into_iter().chain(given) {
            match facts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => facts.push((name, value)),
            }
        }
        facts
    }
}

/// The service and one of its processes as a message. What the user said wins.
pub(super) fn resource(service: &Service, origin: &Origin) -> Resource {
    let facts = service.facts();
    let is_given = |name: &str| facts.iter().any(|(known, _)| known == name);
    let mut attributes: Vec<KeyValue> = of_origin(origin);
    attributes.retain(|attribute| !is_given(&attribute.key));
    let given = facts.iter().map(|(name, value)| value::text(name, value.as_str()));
    Resource { attributes: given.chain(attributes).collect(), ..Resource::default() }
}

fn of_origin(origin: &Origin) -> Vec<KeyValue> {
    let instance = (!origin.instance_id.is_empty())
        .then(|| value::text("service.instance.id", origin.instance_id.as_str()));
    let pid = origin.pid.map(|pid| value::int("process.pid", pid.into()));
    let version = origin.python_version.as_str();
    let version = (!version.is_empty()).then(|| value::text("process.runtime.version", version));
    let runtime = value::text("process.runtime.name", "cpython");
    instance.into_iter().chain(pid).chain([runtime]).chain(version).collect()
}
