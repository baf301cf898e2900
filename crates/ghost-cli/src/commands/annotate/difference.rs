//! The difference between a file and what it will be, as `patch` and `git apply` take it.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use ghost_analysis::annotating::Annotated;
use ghost_analysis::inference::ProjectFile;
use similar::{ChangeTag, TextDiff};

use crate::output::colour::EMPHASIS;

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
/// The smallest difference takes time in the square of the changes. A file with ten thousand of them
/// gets one that is valid but longer; others are done in a hundredth of this.
const PATIENCE: Duration = Duration::from_millis(500);
/// Lines around a change, as everybody shows them.
const CONTEXT: usize = 3;

/// Writes nothing where nothing is different.
pub(super) fn write(
    output: &mut impl Write,
    file: &ProjectFile,
    annotated: &Annotated,
) -> io::Result<()> {
    if file.text == annotated.text {
        return Ok(());
    }
    let path = file.path.trim_start_matches('/');
    writeln!(output, "--- a/{path}\n+++ b/{path}")?;
    let mut settings = TextDiff::configure();
    let difference =
        settings.timeout(PATIENCE).diff_lines(file.text.as_str(), annotated.text.as_str());
    for hunk in difference.unified_diff().context_radius(CONTEXT).iter_hunks() {
        writeln!(output, "{EMPHASIS}{}{EMPHASIS:#}", hunk.header())?;
        for change in hunk.iter_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', REMOVED),
                ChangeTag::Insert => ('+', ADDED),
                ChangeTag::Equal => (' ', Style::new()),
            };
            let line = change.value();
            let content = line.trim_end_matches(['\n', '\r']);
            let end = if change.missing_newline() {
                "\n\\ No newline at end of file\n"
            } else {
                &line[content.len()..]
            };
            write!(output, "{style}{sign}{content}{style:#}{end}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(old: &str, new: &str) -> String {
        let file = ProjectFile::parse("shop/cart.py", "shop.cart", false, old.to_owned()).unwrap();
        let annotated = Annotated { text: new.to_owned(), ..Annotated::default() };
        let mut output = Vec::new();
        write(&mut anstream::StripStream::new(&mut output), &file, &annotated).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn it_is_what_patch_takes() {
        let old = "a = 1\nb = 2\n\ndef f(x):\r\n    return x\n\n\n\nc = 3";
        let new = old.replace("(x)", "(x: int)").replace("c = 3", "c = 4");
        insta::assert_snapshot!(difference(old, &new), @r"
        --- a/shop/cart.py
        +++ b/shop/cart.py
        @@ -1,9 +1,9 @@
         a = 1
         b = 2
         
        -def f(x):
        +def f(x: int):
             return x
         
         
         
        -c = 3
        \ No newline at end of file
        +c = 4
        \ No newline at end of file
        ");
    }

    #[test]
    fn nothing_is_written_where_nothing_changes() {
        assert_eq!(difference("a = 1\n", "a = 1\n"), "");
    }
}
