//! What a share of few events is surely at least: the lower Wilson bound.
//!
//! E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22
//! (1927). Unlike the normal approximation it is right for few calls and shares near 0 and 1.

/// Two-sided 95 %.
const Z: f64 = 1.96;

/// With 95 % confidence the true share is at least this; 0 where there is nothing.
pub(crate) fn lower_bound(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let n = whole as f64;
    let share = (part as f64 / n).min(1.0);
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - spread) / (1.0 + Z * Z / n)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_agrees_with_published_values() {
        // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
        for (part, whole, expected) in
            [(81, 263, 0.2553), (15, 148, 0.0624), (0, 20, 0.0), (1, 29, 0.0061)]
        {
            assert!((lower_bound(part, whole) - expected).abs() < 5e-5, "{part}/{whole}");
        }
    }

    proptest! {
        #[test]
        fn it_lies_below_the_share_and_nears_it(part in 0_u64..1000, more in 0_u64..1000) {
            let whole = part + more;
            prop_assume!(whole > 0);
            let share = part as f64 / whole as f64;
            let [few, many] = [1, 1000].map(|n| lower_bound(part * n, whole * n));
            prop_assert!(few <= share + 1e-12 && few <= many + 1e-12 && many <= share + 1e-12);
        }
    }
}
