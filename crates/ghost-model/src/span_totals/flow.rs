//! Requests this program sent, added up per host: its flows to other services.

use super::{BEYOND, Durations, count_of, text_of};
use crate::{Attribute, Span};

/// Which sent requests are added together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowKey {
    /// Host that was called.
    pub host: String,
    /// Its port; 0 where it is not known.
    pub port: u64,
    /// HTTP method.
    pub method: String,
}

impl FlowKey {
    /// The flow of a sent request.
    pub fn of(client: &Span) -> Self {
        Self {
            host: client.name.clone(),
            port: count_of(client, Attribute::ServerPort),
            method: text_of(client, Attribute::Method),
        }
    }

    /// Every host beyond the bound.
    pub fn beyond() -> Self {
        Self { host: BEYOND.into(), ..Self::default() }
    }
}

/// What the requests sent to one host add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowTotals {
    /// Requests.
    pub request_count: u64,
    /// Of them failed.
    pub error_count: u64,
    /// How long they took.
    pub duration: Durations,
}

impl FlowTotals {
    /// Adds one sent request.
    pub fn add(&mut self, client: &Span) {
        self.request_count = self.request_count.saturating_add(1);
        self.error_count = self.error_count.saturating_add(u64::from(client.is_error));
        self.duration.add(client.duration_ns);
    }

    /// Adds other requests to the same host.
    pub fn merge(&mut self, other: &Self) {
        self.request_count = self.request_count.saturating_add(other.request_count);
        self.error_count = self.error_count.saturating_add(other.error_count);
        self.duration.merge(&other.duration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AttributeKey, AttributeValue};

    #[test]
    fn a_flow_is_a_host_with_its_port() {
        let port = (AttributeKey::Known(Attribute::ServerPort), AttributeValue::Int(8443));
        let span = Span {
            name: "api.example.org".into(),
            attributes: vec![port],
            duration_ns: 7,
            is_error: true,
            ..Span::default()
        };
        let key = FlowKey::of(&span);
        assert_eq!((&*key.host, key.port, &*key.method), ("api.example.org", 8443, ""));
        let mut totals = FlowTotals::default();
        totals.add(&span);
        totals.merge(&totals.clone());
        assert_eq!((totals.request_count, totals.error_count, totals.duration.ns_sum), (2, 2, 14));
    }
}
