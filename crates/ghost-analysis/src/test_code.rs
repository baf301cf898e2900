//! Which code of a program is its tests.

/// Whether a module holds tests, by the names that pytest and unittest look for.
pub(crate) fn is_test_module(name: &str) -> bool {
    name.split('.').any(|part| {
        matches!(part, "tests" | "test" | "conftest")
            || part.starts_with("test_")
            || part.ends_with("_test")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_names() {
        for name in ["tests.helpers", "test_shop", "shop.orders_test", "conftest", "shop.test.a"] {
            assert!(is_test_module(name), "{name}");
        }
        for name in ["shop", "contest", "latest", "testing_tools", "attestation"] {
            assert!(!is_test_module(name), "{name}");
        }
    }
}
