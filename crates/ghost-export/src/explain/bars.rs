//! Bars drawn with characters.

/// Cells of a full bar.
const WIDTH: u64 = 24;
/// Parts of a cell that block characters can fill.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Which characters the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Block characters, in eighths of a cell.
    Unicode,
    /// `#`, for terminals that do not speak UTF-8.
    Ascii,
}

impl Drawing {
    /// A bar of a part of the whole, padded to full width. What is not zero is seen.
    pub(super) fn bar(self, part: u64, whole: u64) -> String {
        let (bar, cells) = match self {
            Self::Unicode => {
                let eighths = scaled(part, whole, WIDTH * 8);
                let rest = EIGHTHS[(eighths % 8) as usize];
                let full = eighths / 8;
                let bar = "█".repeat(full as usize) + rest;
                (bar, full + u64::from(!rest.is_empty()))
            }
            Self::Ascii => {
                let cells = scaled(part, whole, WIDTH);
                ("#".repeat(cells as usize), cells)
            }
        };
        bar + &" ".repeat((WIDTH - cells) as usize)
    }

    /// What stands between number and source line.
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Unicode => "│",
            Self::Ascii => "|",
        }
    }
}

/// The part in `steps` of the whole, rounded, but never to nothing.
fn scaled(part: u64, whole: u64, steps: u64) -> u64 {
    if part == 0 || whole == 0 {
        return 0;
    }
    let exact = part as f64 / whole as f64 * steps as f64;
    (exact.round() as u64).clamp(1, steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        let bar = |part, whole| Drawing::Unicode.bar(part, whole).trim_end().to_owned();
        assert_eq!(bar(1, 1), "█".repeat(24));
        assert_eq!(bar(1, 2), "█".repeat(12));
        assert_eq!(bar(1, 16), "█▌");
        assert_eq!(bar(1, u64::MAX), "▏");
        assert_eq!((bar(0, 5), bar(0, 0)), (String::new(), String::new()));
        assert_eq!(Drawing::Ascii.bar(1, 2).trim_end(), "############");
    }

    #[test]
    fn every_bar_takes_the_same_room() {
        for drawing in [Drawing::Unicode, Drawing::Ascii] {
            for part in 0..=200 {
                assert_eq!(drawing.bar(part, 190).chars().count(), 24);
            }
        }
    }
}
