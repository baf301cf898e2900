//! A histogram in one line: `1.0ms ▁▃█▂ 12.5ms`.

use ghost_model::{BUCKETS_PER_OCTAVE, Histogram, bucket_upper_ns, human_duration};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns that fit beside a label.
const COLUMNS_MAX: u32 = 32;

/// The distribution with its ends; empty where nothing was measured. Empty stretches are blank.
pub(crate) fn sparkline(histogram: &Histogram) -> String {
    let buckets: Vec<(u32, u64)> = histogram.buckets().collect();
    let (Some(&(first, _)), Some(&(last, _))) = (buckets.first(), buckets.last()) else {
        return String::new();
    };
    let width = (last - first + 1).div_ceil(COLUMNS_MAX);
    let mut columns = vec![0_u64; ((last - first) / width + 1) as usize];
    for &(index, count) in &buckets {
        if let Some(column) = columns.get_mut(((index - first) / width) as usize) {
            *column += count;
        }
    }
    let tallest = columns.iter().copied().max().unwrap_or(1).max(1);
    let bars: String = columns.iter().map(|&count| bar(count, tallest)).collect();
    let edge = |at: f64| human_duration(at.round() as u64);
    let lower = bucket_upper_ns(first) / (1.0 / f64::from(BUCKETS_PER_OCTAVE)).exp2();
    format!("{} {bars} {}", edge(lower), edge(bucket_upper_ns(last)))
}

fn bar(count: u64, tallest: u64) -> char {
    if count == 0 {
        return ' ';
    }
    let step = (count as f64 / tallest as f64 * BARS.len() as f64).ceil() as usize;
    BARS[step.clamp(1, BARS.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::bucket_index;

    #[test]
    fn the_tallest_bar_is_full_and_gaps_are_blank() {
        let mut histogram = Histogram::default();
        assert_eq!(sparkline(&histogram), "");
        histogram.add(bucket_index(1_000_000), 8);
        histogram.add(bucket_index(1_000_000) + 1, 1);
        histogram.add(bucket_index(1_000_000) + 4, 4);
        assert_eq!(sparkline(&histogram), "962µs █▁  ▄ 1.48ms");
    }

    #[test]
    fn any_range_fits() {
        let mut histogram = Histogram::default();
        histogram.add(0, 1);
        histogram.add(511, u64::MAX / 2);
        assert!(sparkline(&histogram).chars().count() < 60);
    }
}
