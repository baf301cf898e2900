//! Line numbers of byte offsets.

use ruff_text_size::TextSize;

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    /// Counts lines as `CPython` does: `\n`, `\r\n` and a lone `\r` end one.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|&(at, &byte)| {
            byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
        });
        Self(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
    }

    /// One-based line of an offset.
    pub(super) fn number(&self, offset: TextSize) -> u32 {
        self.0.partition_point(|&start| start <= offset.to_usize()) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_counts_once() {
        let lines = Lines::of("a\nb\r\nc\rd");
        let numbers = [0, 2, 5, 7].map(|offset| lines.number(TextSize::new(offset)));
        assert_eq!(numbers, [1, 2, 3, 4]);
    }
}
