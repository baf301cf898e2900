//! Reads how a body ends and what its handlers do.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, ExceptHandlerExceptHandler, Expr, Stmt};
use ruff_text_size::Ranged;

use super::super::{Flow, Handler, Trace};
use super::positions::Lines;
use super::shape;

/// Parts of names of functions that report: logging, warnings, printing, error services, metrics.
const REPORTS: [&str; 29] = [
    "alert",
    "capture",
    "critical",
    "debug",
    "echo",
    "emit",
    "err",
    "error",
    "errors",
    "exc",
    "exception",
    "fail",
    "failed",
    "failure",
    "fatal",
    "info",
    "log",
    "logger",
    "logging",
    "metric",
    "metrics",
    "notify",
    "print",
    "report",
    "sentry",
    "stderr",
    "traceback",
    "warn",
    "warning",
];
/// Functions that do not return, by their last name.
const NEVER_RETURN: [&str; 6] = ["exit", "_exit", "abort", "fail", "assert_never", "skip"];

/// Of the body of a function.
pub(super) fn of_body(body: &[Stmt], lines: &Lines) -> Flow {
    let mut reader = Reader { flow: Flow::default(), lines };
    reader.visit_body(body);
    reader.flow.falls_through |= !terminates(body);
    reader.flow
}

struct Reader<'l> {
    flow: Flow,
    lines: &'l Lines,
}

impl<'a> Visitor<'a> for Reader<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Return(returned) => match returned.value.as_deref() {
                None => self.flow.falls_through = true,
                Some(Expr::NoneLiteral(_)) => self.flow.returns_none = true,
                Some(_) => self.flow.returns_value = true,
            },
            _ => visitor::walk_stmt(self, statement),
        }
    }

    /// Statements only: no expression holds a `return` or an `except`.
    fn visit_expr(&mut self, _expression: &'a Expr) {}

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        let caught = inner.type_.as_deref();
        let exceptions = caught.map(classes).unwrap_or_default();
        let is_any = |name: &String| matches!(name.as_str(), "Exception" | "BaseException");
        self.flow.handlers.push(Handler {
            line: self.lines.number(inner.start()),
            is_broad: caught.is_none() || exceptions.iter().any(is_any),
            exceptions,
            trace: trace(inner),
        });
        self.visit_body(&inner.body);
    }
}

/// The dotted names of the classes that a handler lists.
fn classes(caught: &Expr) -> Vec<String> {
    match caught {
        Expr::Tuple(tuple) => tuple.elts.iter().flat_map(classes).collect(),
        other => dotted(other).into_iter().collect(),
    }
}

fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr))
        }
        _ => None,
    }
}

fn trace(handler: &ExceptHandlerExceptHandler) -> Trace {
    let name = handler.name.as_ref().map(ruff_python_ast::Identifier::as_str);
    let mut search = ReportSearch { exception: name, found: false };
    search.visit_body(&handler.body);
    let goes_on = |statement: &Stmt| {
        matches!(statement, Stmt::Continue(_) | Stmt::Break(_)) || shape::is_nothing(statement)
    };
    if search.found {
        Trace::Reported
    } else if handler.body.iter().all(goes_on) {
        Trace::Nothing
    } else if handler.body.iter().all(|it| goes_on(it) || returns_constant(it)) {
        Trace::Constant
    } else {
        Trace::Handled
    }
}

/// `return`, `return None`, `return False`, `return []`, …
fn returns_constant(statement: &Stmt) -> bool {
    let Stmt::Return(returned) = statement else { return false };
    match returned.value.as_deref() {
        None => true,
        Some(Expr::List(list)) => list.elts.is_empty(),
        Some(Expr::Tuple(tuple)) => tuple.elts.is_empty(),
        Some(Expr::Dict(dict)) => dict.items.is_empty(),
        Some(value) => value.is_literal_expr(),
    }
}

/// Whether something raises, uses the exception, or reports.
struct ReportSearch<'n> {
    exception: Option<&'n str>,
    found: bool,
}

impl<'a> Visitor<'a> for ReportSearch<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.found |= statement.is_raise_stmt();
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => self.found |= self.exception == Some(name.id.as_str()),
            Expr::Call(call) => self.found |= dotted(&call.func).is_some_and(|name| reports(&name)),
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

/// Whether some part of a dotted name says that it reports: `self.log_failure`, `sys.exc_info`.
fn reports(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.split(['.', '_']).any(|part| REPORTS.contains(&part))
}

/// Whether what follows these statements is never reached.
fn terminates(body: &[Stmt]) -> bool {
    body.iter().any(is_end)
}

fn is_end(statement: &Stmt) -> bool {
    match statement {
        Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_) => true,
        Stmt::If(branches) => {
            let clauses = &branches.elif_else_clauses;
            clauses.last().is_some_and(|last| last.test.is_none())
                && terminates(&branches.body)
                && clauses.iter().all(|clause| terminates(&clause.body))
        }
        Stmt::While(repeated) => is_true(&repeated.test) && !has_break(&repeated.body),
        Stmt::With(with) => terminates(&with.body),
        Stmt::Try(tried) => {
            let caught = tried
                .handlers
                .iter()
                .all(|ExceptHandler::ExceptHandler(handler)| terminates(&handler.body));
            let body = terminates(&tried.body) || terminates(&tried.orelse);
            terminates(&tried.finalbody) || (body && caught)
        }
        // Whether a match covers every case is for a type checker: taken for covered.
        Stmt::Match(matched) => matched.cases.iter().all(|case| terminates(&case.body)),
        Stmt::Assert(assertion) => {
            matches!(&*assertion.test, Expr::BooleanLiteral(literal) if !literal.value)
        }
        Stmt::Expr(expression) => is_never_returning(&expression.value),
        _ => false,
    }
}

fn is_never_returning(expression: &Expr) -> bool {
    let Expr::Call(call) = expression else { return false };
    let name = dotted(&call.func);
    let last = name.as_deref().and_then(|name| name.rsplit('.').next());
    last.is_some_and(|last| NEVER_RETURN.contains(&last))
}

fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(literal) => literal.value,
        Expr::NumberLiteral(_) => true,
        _ => false,
    }
}

/// Whether a loop's body leaves it; loops within it have breaks of their own.
fn has_break(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Break(_) => true,
        Stmt::If(branches) => {
            has_break(&branches.body)
                || branches.elif_else_clauses.iter().any(|clause| has_break(&clause.body))
        }
        Stmt::With(with) => has_break(&with.body),
        Stmt::Try(tried) => {
            let handlers = tried.handlers.iter();
            let mut bodies = handlers.map(|ExceptHandler::ExceptHandler(handler)| &handler.body);
            [&tried.body, &tried.orelse, &tried.finalbody].into_iter().any(|body| has_break(body))
                || bodies.any(|body| has_break(body))
        }
        Stmt::Match(matched) => matched.cases.iter().any(|case| has_break(&case.body)),
        Stmt::For(repeated) => has_break(&repeated.orelse),
        Stmt::While(repeated) => has_break(&repeated.orelse),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::Trace::{Constant, Handled, Nothing, Reported};
    use super::*;
    use crate::source::SourceModule;

    fn flow(body: &str) -> Flow {
        let body = body.replace('\n', "\n    ");
        let module = SourceModule::parse(&format!("def f(x):\n    {body}\n")).unwrap();
        module.functions[0].flow.clone()
    }

    fn traces(body: &str) -> Vec<Trace> {
        flow(body).handlers.into_iter().map(|handler| handler.trace).collect()
    }

    #[test]
    fn handlers_are_told_apart_by_what_they_leave() {
        let body = "\
try: x()
except ValueError: pass
except (KeyError, errors.Missing): return None
except OSError: x = 1
except TypeError as e: return str(e)
except LookupError: self.log.warning('no')
except RuntimeError: raise Other
except: failed.append(x)
";
        let expected = [Nothing, Constant, Handled, Reported, Reported, Reported, Reported];
        assert_eq!(traces(body), expected);
        let handlers = flow(body).handlers;
        assert_eq!(handlers[1].exceptions, ["KeyError", "errors.Missing"]);
        assert_eq!((handlers[1].line, handlers[6].is_broad), (4, true));
    }

    #[test]
    fn a_list_of_what_failed_is_a_report() {
        assert_eq!(traces("try: x()\nexcept E: skipped += 1\n"), [Trace::Handled]);
        assert_eq!(traces("try: x()\nexcept E: self.errors.append(x)\n"), [Trace::Reported]);
    }

    #[test]
    fn the_end_of_a_body_is_reached_or_not() {
        for (body, falls) in [
            ("return 1", false),
            ("if x: return 1", true),
            ("if x: return 1\nelse: return 2", false),
            ("if x: return 1\nelif y: return 2", true),
            ("while True:\n  if x: return 1", false),
            ("while True:\n  if x: break", true),
            ("while x: return 1", true),
            ("for i in x: return i", true),
            ("try: return 1\nexcept E: raise", false),
            ("try: return 1\nexcept E: pass", true),
            ("with x: return 1", false),
            ("match x:\n  case 1: return 1\n  case 2: return 2", false),
            ("if x: return 1\nreturn", true),
            ("if x: return 1\nsys.exit(2)", false),
            ("def g():\n  return\nreturn 1", false),
        ] {
            assert_eq!(flow(body).falls_through, falls, "{body}");
        }
    }

    #[test]
    fn written_results_are_told_apart() {
        let flow = flow("if x: return None\nreturn x\n");
        assert_eq!((flow.returns_none, flow.returns_value), (true, true));
        assert!(!flow.falls_through);
    }
}
