//! Where lines can be added at the top of a file.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::super::Header;
use super::shape;

/// Finds the places.
pub(super) fn find(text: &str, suite: &[Stmt]) -> Header {
    let docstring = suite.first().filter(|statement| is_docstring(statement));
    let first = suite.get(usize::from(docstring.is_some()));
    let future = match (docstring, first) {
        (Some(docstring), _) => line_after(text, docstring.end().to_usize()),
        (None, Some(first)) => line_of(text, first.start().to_usize()),
        (None, None) => None,
    };
    let imports = suite
        .iter()
        .take_while(|statement| !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)));
    let last = imports.filter(|it| matches!(it, Stmt::Import(_) | Stmt::ImportFrom(_))).last();
    Header {
        future,
        import: last.map_or(future, |last| line_after(text, last.end().to_usize())),
        type_checking: suite.iter().find_map(|statement| type_checking(text, statement)),
        compiles: false,
    }
}

fn is_docstring(statement: &Stmt) -> bool {
    statement.as_expr_stmt().is_some_and(|expression| expression.value.is_string_literal_expr())
}

/// The beginning of the line, if nothing but blanks comes before.
fn line_of(text: &str, offset: usize) -> Option<usize> {
    let start = text[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    text[start..offset].trim().is_empty().then_some(start)
}

/// The beginning of the next line, if nothing but blanks and a comment comes before.
fn line_after(text: &str, offset: usize) -> Option<usize> {
    let rest = &text[offset..];
    let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let between = rest[..length].trim_start();
    if !between.is_empty() && !between.starts_with('#') {
        return None;
    }
    let end = &rest[length..];
    let newline = if end.starts_with("\r\n") { 2 } else { usize::from(!end.is_empty()) };
    Some(offset + length + newline)
}

fn type_checking(text: &str, statement: &Stmt) -> Option<(usize, String)> {
    let branches = statement.as_if_stmt()?;
    // Only the whole test: in `TYPE_CHECKING and …` a checker may not look.
    let plain = branches.test.is_name_expr() || branches.test.is_attribute_expr();
    if !plain || !shape::is_type_checking(&branches.test) {
        return None;
    }
    let first = branches.body.first()?.start().to_usize();
    let start = line_of(text, first)?;
    Some((start, text[start..first].to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::source::Outline;

    fn marked(text: &str) -> String {
        let header = Outline::parse(text).unwrap().header;
        let mut places = vec![(header.future, "<future>"), (header.import, "<import>")];
        places.push((header.type_checking.map(|(at, _)| at), "<checking>"));
        places.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut marked = text.to_owned();
        for (at, mark) in places {
            if let Some(at) = at {
                marked.insert_str(at, mark);
            }
        }
        marked
    }

    #[test]
    fn lines_go_behind_the_docstring_and_the_imports() {
        assert_eq!(
            marked("#!x\n'''Doc.'''  # hm\n\nimport a\nfrom b import (\n  c)\nX = 1\n"),
            "#!x\n'''Doc.'''  # hm\n<future>\nimport a\nfrom b import (\n  c)\n<import>X = 1\n"
        );
        assert_eq!(marked("# c\nX = 1\n"), "# c\n<import><future>X = 1\n");
        assert_eq!(
            marked("import a\r\nif TYPE_CHECKING:\r\n  import b\r\n"),
            "<future>import a\r\n<import>if TYPE_CHECKING:\r\n<checking>  import b\r\n"
        );
    }

    #[test]
    fn nothing_is_added_between_statements_of_one_line() {
        assert_eq!(marked("'Doc.'; import a; X = 1\n"), "'Doc.'; import a; X = 1\n");
        assert_eq!(
            marked("if TYPE_CHECKING: import b\nX = 1"),
            "<import><future>if TYPE_CHECKING: import b\nX = 1"
        );
    }
}
