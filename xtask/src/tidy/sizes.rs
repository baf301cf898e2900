//! Bounds on length: what is longer holds more than one idea.

use super::Finding;
use super::scrub::scrub;
use super::tree::SourceFile;

/// Lines of a source file.
const FILE_LINES_MAX: usize = 600;

/// Lines of a function, from its name to its last line.
const FUNCTION_LINES_MAX: usize = 70;

/// Lines of the architecture document: it is read as a whole or not at all.
const ARCHITECTURE_LINES_MAX: usize = 400;

/// No source file and not the architecture document is too long.
pub(super) fn check_files(file: &SourceFile) -> Vec<Finding> {
    let lines_max = match (file.path.to_str(), file.extension()) {
        (Some("ARCHITECTURE.md"), _) => ARCHITECTURE_LINES_MAX,
        (_, "rs" | "py" | "pyi") => FILE_LINES_MAX,
        _ => return Vec::new(),
    };
    let lines = file.text.lines().count();
    if lines <= lines_max {
        return Vec::new();
    }
    vec![file.finding(None, format!("{lines} lines, at most {lines_max}: divide it"))]
}

/// No function is too long.
pub(super) fn check_functions(file: &SourceFile) -> Vec<Finding> {
    let functions = match file.extension() {
        "rs" => rust_functions(&file.text),
        "py" => python_functions(&file.text),
        _ => return Vec::new(),
    };
    functions
        .into_iter()
        .filter(|(_, lines)| *lines > FUNCTION_LINES_MAX)
        .map(|(first, lines)| {
            let message = format!("function of {lines} lines, at most {FUNCTION_LINES_MAX}");
            file.finding(Some(first), message)
        })
        .collect()
}

/// First line and number of lines of every function with a body.
fn rust_functions(text: &str) -> Vec<(usize, usize)> {
    let clean = scrub(text);
    let lines: Vec<&str> = clean.lines().collect();
    let measure = |(start, line): (usize, &&str)| {
        let from_name = &line[rust_function_name(line)?..];
        let count =
            rust_body_lines(std::iter::once(from_name).chain(lines[start + 1..].iter().copied()))?;
        Some((start + 1, count))
    };
    lines.iter().enumerate().filter_map(measure).collect()
}

/// Where in `line` the name of a defined function begins; a function pointer type has none.
fn rust_function_name(line: &str) -> Option<usize> {
    let is_word = |at: usize| at == 0 || line[..at].ends_with([' ', '(']);
    let (at, word) = line.match_indices("fn ").find(|(at, _)| is_word(*at))?;
    let name = at + word.len();
    line[name..].starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(name)
}

/// Lines until the first brace that opens is closed; `None` for a declaration without a body.
fn rust_body_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Option<usize> {
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    for (index, line) in lines.enumerate() {
        for c in line.chars() {
            match c {
                '{' => braces += 1,
                '}' if braces <= 1 => return Some(index + 1),
                '}' => braces -= 1,
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets = brackets.saturating_sub(1),
                // Not the semicolon of an array type in the signature.
                ';' if braces == 0 && brackets == 0 => return None,
                _ => {}
            }
        }
    }
    None
}

/// First line and number of lines of every function, by indentation.
fn python_functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_definition = |line: &str| {
        let line = line.trim_start();
        line.starts_with("def ") || line.starts_with("async def ")
    };
    let starts = lines.iter().enumerate().filter(|(_, line)| is_definition(line));
    starts.map(|(start, _)| (start + 1, python_body_lines(&lines[start..]))).collect()
}

fn python_body_lines(lines: &[&str]) -> usize {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(lines[0]);
    // A signature over several lines closes at the indentation of its `def`.
    let inside =
        |line: &str| line.is_empty() || indent(line) > own || line.trim_start().starts_with(')');
    let body = lines[1..].iter().take_while(|line| inside(line)).collect::<Vec<_>>();
    1 + body.len() - body.iter().rev().take_while(|line| line.trim().is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(body_lines: usize) -> SourceFile {
        let body = "    x();\n".repeat(body_lines);
        SourceFile::new(
            "a.rs",
            &format!("//! A.\n\npub(crate) fn f() {{\n{body}}}\n\nfn g() {{}}\n"),
        )
    }

    fn python(body_lines: usize) -> SourceFile {
        let body = "    x()\n\n".repeat(body_lines / 2);
        SourceFile::new("a.py", &format!("def f(\n    x,\n):\n{body}\n\ny = 1\n"))
    }

    #[test]
    fn a_long_file_is_found() {
        let long = "x\n".repeat(FILE_LINES_MAX + 1);
        assert_eq!(check_files(&SourceFile::new("a.rs", &long)).len(), 1);
        assert_eq!(check_files(&SourceFile::new("a.rs", &long[2..])).len(), 0);
        assert_eq!(check_files(&SourceFile::new("a.md", &long)).len(), 0);
    }

    #[test]
    fn a_long_architecture_document_is_found() {
        let long = "x\n".repeat(ARCHITECTURE_LINES_MAX + 1);
        assert_eq!(check_files(&SourceFile::new("ARCHITECTURE.md", &long)).len(), 1);
        assert_eq!(check_files(&SourceFile::new("docs/ARCHITECTURE.md", &long)).len(), 0);
    }

    #[test]
    fn a_long_rust_function_is_found() {
        assert!(check_functions(&rust(FUNCTION_LINES_MAX - 2)).is_empty());
        assert_eq!(check_functions(&rust(FUNCTION_LINES_MAX - 1))[0].line, Some(3));
    }

    #[test]
    fn a_long_python_function_is_found() {
        assert!(check_functions(&python(FUNCTION_LINES_MAX - 2)).is_empty());
        assert_eq!(check_functions(&python(FUNCTION_LINES_MAX + 4))[0].line, Some(1));
    }

    #[test]
    fn what_only_looks_like_a_function_is_not_measured() {
        assert!(
            rust_functions("type F = fn (u8) -> u8;\ntrait T { fn f(x: [u8; 2]); }").is_empty()
        );
        assert_eq!(rust_functions("fn f(x: [u8; 2]) {\n}"), [(1, 2)]);
        assert_eq!(rust_functions("// fn f() {\nlet s = \"fn g() {\";"), []);
    }
}
