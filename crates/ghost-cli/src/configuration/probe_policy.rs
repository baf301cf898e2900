//! `[tool.ghost.probes]`: what probes from outside may do in programs of a project, and which options of
//! `ghost run` its keys stand for. Reads nothing.

/// The table.
pub(super) const TABLE: &str = "probes";

/// Its keys, and the options they stand for.
const KEYS: [(&str, &str); 3] =
    [(ENABLED, "no-probes"), ("values", "probe-values"), ("targets", "probe-target")];
/// Says the opposite of its option.
const ENABLED: &str = "enabled";

/// The option that a key stands for.
pub(super) fn option_of(key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(known, _)| *known == key).map(|(_, option)| *option)
}

/// All keys.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(key, _)| *key)
}

/// Values of a key as values of its option.
pub(super) fn values_of(key: &str, values: Vec<String>) -> Vec<String> {
    if key != ENABLED {
        return values;
    }
    values.into_iter().map(|value| (value != "true").to_string()).collect()
}
