//! Sinks and pushers that speak OTLP: spans as they come, metrics now and then.

mod metric_pusher;
mod span_sink;

use ghost_export::otlp::Origin;
use ghost_model::Process;

pub(crate) use metric_pusher::MetricPusher;
pub(crate) use span_sink::OtlpSpanSink;

/// A process as the origin of spans. `salt` tells runs on machines with equal process ids apart.
fn origin(salt: u64, process: &Process) -> Origin {
    Origin {
        instance_id: instance_id(salt, u64::from(process.pid) ^ process.start_unix_ns),
        pid: Some(process.pid),
        python_version: process.python_version.clone(),
    }
}

/// In the form of a random UUID, equal for equal numbers.
pub(crate) fn instance_id(salt: u64, number: u64) -> String {
    let high = mixed(salt ^ number);
    let low = mixed(high ^ number);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

/// Every bit of the result depends on every bit (`SplitMix64`).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_an_id_of_its_own() {
        let id = instance_id(1, 2);
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        assert_eq!(id, instance_id(1, 2));
        assert_ne!(id, instance_id(1, 3));
        assert_ne!(id, instance_id(2, 2));
        assert!("89ab".contains(&id[19..20]), "{id}");
    }
}
