//! Many tests at once: p-values adjusted so that a bound on them bounds the share of wrong reports.
//!
//! Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", J. R. Statist. Soc. B 57
//! (1995). It holds for tests that are independent or rise and fall together, as latencies of
//! callers and callees do.

/// The adjusted p-value of each test; tests that were not made stay `None` and do not count.
pub(super) fn adjusted(tests: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut made: Vec<(usize, f64)> =
        tests.iter().enumerate().filter_map(|(index, p)| Some((index, (*p)?))).collect();
    made.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![None; tests.len()];
    let mut smallest = 1.0_f64;
    for (rank, &(index, p)) in made.iter().enumerate().rev() {
        smallest = smallest.min((p * (made.len() as f64 / (rank + 1) as f64)).max(p));
        adjusted[index] = Some(smallest);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_example_comes_out() {
        // Section 3.2 of the paper: at 0.05 the four smallest of fifteen are rejected.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        let adjusted = adjusted(&p.map(Some));
        assert_eq!(adjusted.iter().filter(|p| p.unwrap() <= 0.05).count(), 4);
    }

    proptest! {
        #[test]
        fn adjusting_keeps_order_and_never_lowers(p in prop::collection::vec(prop::option::of(0.0..1.0_f64), 0..40)) {
            let adjusted = adjusted(&p);
            for (one, one_adjusted) in p.iter().zip(&adjusted) {
                prop_assert_eq!(one.is_some(), one_adjusted.is_some());
                prop_assert!(one_adjusted.unwrap_or(0.0) >= one.unwrap_or(0.0));
                for (other, other_adjusted) in p.iter().zip(&adjusted) {
                    if one < other && one.is_some() {
                        prop_assert!(one_adjusted <= other_adjusted);
                    }
                }
            }
        }
    }
}
