//! A histogram as a JSON object of bucket numbers and counts: `{"56":3,"57":1}`.
//!
//! Text of one column instead of one row per bucket: a function has about twenty buckets, and rows
//! would make them two thirds of the file and of the time to fold. JSON instead of packed bytes,
//! because `json_each` then opens it to plain SQL.

use std::fmt::Write as _;

use ghost_model::Histogram;

/// Writes the non-empty buckets in ascending order.
pub(crate) fn to_text(histogram: &Histogram) -> String {
    let mut text = String::from("{");
    for (index, count) in histogram.buckets() {
        let comma = if text.len() > 1 { "," } else { "" };
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{comma}\"{index}\":{count}");
    }
    text.push('}');
    text
}

/// Adds the buckets of a text to a histogram; `None` where it is no such text.
pub(crate) fn add_text(histogram: &mut Histogram, text: &str) -> Option<()> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    for pair in inner.split(',').filter(|pair| !pair.is_empty()) {
        let (index, count) = pair.strip_prefix('"')?.split_once("\":")?;
        histogram.add(index.parse().ok()?, count.parse().ok()?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_text_is_a_json_object() {
        let mut histogram = Histogram::default();
        histogram.add(57, 1);
        histogram.add(56, 3);
        assert_eq!(to_text(&histogram), r#"{"56":3,"57":1}"#);
        assert_eq!(to_text(&Histogram::default()), "{}");
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        for text in ["", "{", r#"{"a":1}"#, r#"{"1":-1}"#, "{1:1}", r#"{"1":1,]"#] {
            assert!(add_text(&mut Histogram::default(), text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_histogram_survives_its_text(buckets in prop::collection::vec((0_u32..512, 1_u64..1 << 60), 0..40)) {
            let mut histogram = Histogram::default();
            for &(index, count) in &buckets {
                histogram.add(index, count);
            }
            let mut back = Histogram::default();
            add_text(&mut back, &to_text(&histogram)).unwrap();
            prop_assert_eq!(back, histogram);
        }
    }
}
