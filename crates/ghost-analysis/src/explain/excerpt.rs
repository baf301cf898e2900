//! The source of a function, as far as it is known, beside what was observed.

use ghost_model::FunctionKey;

use crate::source::{DefinedFunction, ParameterKind, SourceModule};

/// Lines beyond this many are counted.
const LINES_MAX: usize = 24;

/// The source of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Number of its first line.
    pub first_line: u32,
    /// Its lines.
    pub lines: Vec<String>,
    /// Lines left out at the end.
    pub cut_count: usize,
    /// Whether the function has moved since it was recorded.
    pub has_moved: bool,
    /// What its signature declares.
    pub declared: Declared,
}

/// Annotations of a signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Annotation of each parameter, by the name it has in [`super::Argument`].
    pub parameters: Vec<(String, Option<String>)>,
    /// What is written behind `->`.
    pub returns: Option<String>,
}

impl Declared {
    /// The annotation of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(declared, _)| declared == name)?;
        found.1.as_deref()
    }
}

impl Excerpt {
    /// Finds a function in the text of its file. `None` where it cannot be found without doubt.
    pub fn new(text: &str, key: &FunctionKey) -> Option<Self> {
        let module = SourceModule::parse(text).ok()?;
        let function = module.function(&key.qualname, key.line)?;
        let length = (function.line_last + 1).saturating_sub(function.line) as usize;
        let all = text.lines().skip(function.line.saturating_sub(1) as usize).take(length);
        let lines: Vec<String> = all.take(LINES_MAX).map(str::to_owned).collect();
        Some(Self {
            first_line: function.line,
            cut_count: length - lines.len(),
            lines: without_indent(lines),
            has_moved: function.line != key.line,
            declared: declared(function),
        })
    }
}

fn declared(function: &DefinedFunction) -> Declared {
    let parameters = function.parameters.iter().map(|parameter| {
        let stars = match parameter.kind {
            ParameterKind::VarPositional => "*",
            ParameterKind::VarKeyword => "**",
            _ => "",
        };
        let annotation = parameter.annotation.as_ref().map(|annotation| annotation.text.clone());
        (format!("{stars}{}", parameter.name), annotation)
    });
    Declared {
        parameters: parameters.collect(),
        returns: function.returns.as_ref().map(|annotation| annotation.text.clone()),
    }
}

/// Methods are shown as if they stood at the left margin.
fn without_indent(lines: Vec<String>) -> Vec<String> {
    let indent = |line: &String| line.len() - line.trim_start_matches([' ', '\t']).len();
    let code = lines.iter().filter(|line| !line.trim().is_empty());
    let margin = code.map(indent).min().unwrap_or(0);
    lines.into_iter().map(|line| line.get(margin..).unwrap_or("").to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
class Cart:
    def add(self, price: int, *more: \"float\", key=None) -> bool:
        return True

def long():
";

    fn key(qualname: &str, line: u32) -> FunctionKey {
        FunctionKey { module: "shop".into(), qualname: qualname.into(), line }
    }

    #[test]
    fn a_method_is_found_with_what_it_declares() {
        let excerpt = Excerpt::new(&format!("{TEXT}    pass\n"), &key("Cart.add", 2)).unwrap();
        assert_eq!(excerpt.lines.len(), 2);
        assert_eq!(excerpt.lines[1], "    return True");
        assert_eq!((excerpt.first_line, excerpt.has_moved, excerpt.cut_count), (2, false, 0));
        assert_eq!(excerpt.declared.parameter("price"), Some("int"));
        assert_eq!(excerpt.declared.parameter("*more"), Some("float"));
        assert_eq!(excerpt.declared.parameter("self"), None);
        assert_eq!(excerpt.declared.returns.as_deref(), Some("bool"));
    }

    #[test]
    fn what_moved_is_found_and_what_is_long_is_cut() {
        let text = format!("{TEXT}{}", "    pass\n".repeat(40));
        let excerpt = Excerpt::new(&text, &key("long", 99)).unwrap();
        assert!(excerpt.has_moved);
        assert_eq!(
            (excerpt.first_line, excerpt.lines.len(), excerpt.cut_count),
            (5, LINES_MAX, 17)
        );
    }

    #[test]
    fn what_is_not_there_is_not_invented() {
        assert_eq!(Excerpt::new(TEXT, &key("Cart.remove", 2)), None);
        assert_eq!(Excerpt::new("def (", &key("f", 1)), None);
    }
}
