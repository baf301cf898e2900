//! How findings put things: shares, names with their place, lists with an end.
//!
//! Names are not escaped here; whoever prints a finding does that.

use ghost_model::{FunctionId, Recording, thousands};

/// More names than this are counted instead of listed.
const LISTED_MAX: usize = 3;

/// `60.0%`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    format!("{:.1}%", 100.0 * part as f64 / whole.max(1) as f64)
}

/// A threshold as the user wrote it: `5%`, `12.5%`.
pub(crate) fn threshold(share: f64) -> String {
    // Rounded so that 0.07 is not written as 7.000000000000001 %.
    let percent = (share * 1e8).round() / 1e6;
    format!("{percent}%")
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [firsts @ .., last] if items.len() <= LISTED_MAX => {
            format!("{} and {last}", firsts.join(", "))
        }
        _ => {
            let more = thousands((items.len() - LISTED_MAX) as u64);
            format!("{} and {more} more", items[..LISTED_MAX].join(", "))
        }
    }
}

/// `sync_orders (line 28)`; `<root>` where there is no Python function.
pub(crate) fn function(recording: &Recording, id: FunctionId) -> String {
    let key = &recording.function(id).key;
    if key.line == 0 {
        return key.qualname.clone();
    }
    format!("{} (line {})", key.qualname, key.line)
}

/// `once`, `12 times`.
pub(crate) fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{} times", thousands(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end() {
        let names: Vec<String> = ["a", "b", "c", "d", "e"].map(String::from).into();
        let lists: Vec<String> = (0..=5).map(|length| list(&names[..length])).collect();
        assert_eq!(
            lists,
            ["", "a", "a and b", "a, b and c", "a, b, c and 1 more", "a, b, c and 2 more"]
        );
    }

    #[test]
    fn thresholds_are_written_as_they_were_given() {
        assert_eq!(
            [0.05, 0.07, 0.125, 1.0, 0.0].map(threshold),
            ["5%", "7%", "12.5%", "100%", "0%"]
        );
        assert_eq!(percent(18, 30), "60.0%");
    }
}
