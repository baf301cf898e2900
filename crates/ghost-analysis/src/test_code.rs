//! Which code of a program is its tests.

/// Whether a module holds tests, by the names that pytest and unittest look for.
pub(crate) fn is_test_module(name: &str) -> bool {
    name.split('.').any(|part| {
        matches!(part, "tests" | "test" | "conftest")
            || part.starts_with("test_")
            || part.ends_with("_test")
    })
}

/// Beginnings of the modules of test runners, which call and catch on behalf of tests.
const RUNNERS: [&str; 3] = ["_pytest.", "pytest", "unittest."];

/// Whether a module holds tests or runs them.
pub(crate) fn is_about_tests(module: &str) -> bool {
    is_test_module(module) || RUNNERS.iter().any(|runner| module.starts_with(runner))
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
