//! Patterns of targets: a dotted path and all below it; `*` stands for any characters. Nothing else.

/// Whether a pattern means a target.
pub(crate) fn matches(pattern: &str, target: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| target.strip_prefix(first)) else {
        return false;
    };
    let mut ends_open = false;
    for part in parts {
        // The first place where a part fits leaves most for those that follow.
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        ends_open = part.is_empty();
    }
    ends_open || rest.is_empty() || rest.starts_with(['.', ':'])
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_pattern_means_itself_and_what_is_below() {
        for target in ["app.orders", "app.orders.place", "app.orders:12"] {
            assert!(matches("app.orders", target), "{target}");
        }
        for target in ["app.ordersX.place", "app", "x.app.orders"] {
            assert!(!matches("app.orders", target), "{target}");
        }
    }

    #[test]
    fn a_star_means_any_characters() {
        assert!(matches("*", "anything.at:1"));
        assert!(matches("app.*.place", "app.orders.place"));
        assert!(matches("app.o*", "app.orders.place"));
        assert!(!matches("app.*.place", "app.orders.remove"));
        assert!(!matches("lib.*", "app.lib.x"));
    }
}
