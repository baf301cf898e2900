//! Where the middle of some numbers lies and how far they spread, unmoved by a few strange ones.
//!
//! Median and median absolute deviation, with the corrections for few numbers of C. Croux and
//! P. J. Rousseeuw, "Time-efficient algorithms for two highly robust estimators of scale" (1992).
//! The mean and standard deviation would not do: one outlier among n numbers lies at most
//! (n - 1)/√n standard deviations above their mean, so among eight it could never reach 2.5.
//! As few numbers estimate their spread badly, a weak prior is mixed in, weighted by degrees of
//! freedom (G. K. Smyth, "Linear models and empirical Bayes methods", 2004).

/// From the median absolute deviation to the standard deviation, for normal numbers.
const MAD_TO_SIGMA: f64 = 1.4826;
/// Correction factors for 2 to 9 numbers.
const FEW: [f64; 8] = [1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107];
/// How many numbers the median absolute deviation wastes: its efficiency for normal ones.
const EFFICIENCY: f64 = 0.37;
/// The spread expected of log means before anything is seen: a factor of 1.6.
const SIGMA_PRIOR: f64 = 0.5;
/// How many degrees of freedom that expectation is worth.
const FREEDOM_PRIOR: f64 = 1.0;

/// Middle and spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RobustScale {
    /// The median.
    pub(crate) middle: f64,
    /// The estimated standard deviation, never zero.
    pub(crate) sigma: f64,
    /// How many numbers.
    pub(crate) count: usize,
}

impl RobustScale {
    /// Of these finite numbers; `None` where there are none.
    pub(crate) fn of(numbers: &[f64]) -> Option<Self> {
        let middle = median(numbers.to_vec())?;
        let deviation = median(numbers.iter().map(|number| (number - middle).abs()).collect())?;
        let count = numbers.len();
        let sigma = moderated(deviation * MAD_TO_SIGMA * correction(count), count);
        Some(Self { middle, sigma, count })
    }

    /// How many standard deviations a further number must lie away to be as rare as one at `z`
    /// would be if the spread were known: Student's quantile, as few numbers estimate it badly.
    pub(crate) fn required(&self, z: f64) -> f64 {
        let freedom = freedom(self.count) + FREEDOM_PRIOR;
        let predicting = (1.0 + 1.0 / self.count.max(1) as f64).sqrt();
        student_quantile(z, freedom) * predicting
    }
}

/// Degrees of freedom of a spread estimated from so many numbers.
fn freedom(count: usize) -> f64 {
    EFFICIENCY * (count as f64 - 1.0)
}

fn moderated(sigma: f64, count: usize) -> f64 {
    let freedom = freedom(count);
    let seen = freedom * sigma * sigma;
    let expected = FREEDOM_PRIOR * SIGMA_PRIOR * SIGMA_PRIOR;
    ((seen + expected) / (freedom + FREEDOM_PRIOR)).sqrt()
}

fn correction(count: usize) -> f64 {
    match count.checked_sub(2).and_then(|index| FEW.get(index)) {
        Some(&factor) => factor,
        None => count as f64 / (count as f64 - 0.8),
    }
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let upper = *numbers.get(numbers.len() / 2)?;
    let lower = *numbers.get(numbers.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// The quantile of Student's distribution at the probability of the normal quantile `z`, by the
/// expansion of Cornish and Fisher (Abramowitz and Stegun, 26.7.5).
fn student_quantile(z: f64, freedom: f64) -> f64 {
    let square = z * z;
    let first = z * (square + 1.0) / 4.0;
    let second = z * (5.0 * square * square + 16.0 * square + 3.0) / 96.0;
    let third = z * (3.0 * square.powi(3) + 19.0 * square * square + 17.0 * square - 15.0) / 384.0;
    z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_strange_number_moves_nothing() {
        let calm = RobustScale::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let shaken = RobustScale::of(&[1.0, 2.0, 3.0, 4.0, 5e9]).unwrap();
        assert_eq!(calm, shaken);
        assert!((calm.middle - 3.0).abs() < 1e-12);
        assert_eq!(RobustScale::of(&[]), None);
    }

    #[test]
    fn few_numbers_ask_for_more() {
        let scale = |count| RobustScale { middle: 0.0, sigma: 1.0, count };
        assert!(scale(5).required(2.5) > scale(10).required(2.5));
        assert!((scale(100_000).required(2.5) - 2.5).abs() < 0.01);
        // Student's quantile for ten degrees of freedom at 0.99379.
        assert!((student_quantile(2.5, 10.0) - 3.042).abs() < 0.01);
    }

    #[test]
    fn equal_numbers_have_the_spread_expected_of_few() {
        let spread = |count| RobustScale::of(&vec![3.0; count]).unwrap().sigma;
        assert!((spread(1) - SIGMA_PRIOR).abs() < 1e-12);
        assert!(spread(5) < SIGMA_PRIOR && spread(100) < spread(5) && spread(100) > 0.0);
    }

    proptest! {
        #[test]
        fn moving_the_numbers_moves_the_middle_only(
            numbers in prop::collection::vec(-1e3_f64..1e3, 1..40), by in -1e3_f64..1e3,
        ) {
            let plain = RobustScale::of(&numbers).unwrap();
            let moved: Vec<f64> = numbers.iter().map(|number| number + by).collect();
            let moved = RobustScale::of(&moved).unwrap();
            prop_assert!((moved.middle - (plain.middle + by)).abs() < 1e-6);
            prop_assert!((moved.sigma - plain.sigma).abs() < 1e-6);
        }
    }
}
