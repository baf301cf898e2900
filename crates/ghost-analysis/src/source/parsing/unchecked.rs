//! Comments by which an author tells type checkers to look away.
//!
//! Found by their text: in a string they are taken for comments too, which only loses findings.

/// The comments that silence one line.
const LINE_COMMENTS: [&str; 4] = ["type: ignore", "pyright: ignore", "ty: ignore", "pyre-ignore"];

/// The comments that silence a file when they stand alone on a line.
const FILE_COMMENTS: [&str; 3] =
    ["# type: ignore", "# mypy: ignore-errors", "# pyre-ignore-all-errors"];

/// The silenced lines, and whether the whole file is silenced.
pub(super) fn lines(text: &str) -> (Vec<u32>, bool) {
    let lines = text.lines().zip(1..);
    let silenced = lines.clone().filter(|(line, _)| {
        line.split_once('#').is_some_and(|(_, comment)| {
            LINE_COMMENTS.iter().any(|silencer| comment.contains(silencer))
        })
    });
    let mut before_code =
        text.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with('#'));
    let whole = before_code.any(|line| FILE_COMMENTS.contains(&line));
    (silenced.map(|(_, number)| number).collect(), whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_silences_its_line_and_at_the_top_the_file() {
        let text = "x: int = None  # type: ignore[assignment]\ny = 'type: ignore'\n";
        assert_eq!(lines(text), (vec![1], false));
        assert_eq!(lines("#!/bin/python\n# mypy: ignore-errors\n\nx = 1\n"), (vec![], true));
        assert_eq!(lines("x = 1\n# mypy: ignore-errors\n"), (vec![], false));
    }
}
