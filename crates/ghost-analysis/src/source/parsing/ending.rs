//! Whether the end of a block can be reached, as type checkers see it.
//!
//! Errs towards reachable: then a return value is not annotated.

use ruff_python_ast::{Expr, Stmt, StmtMatch, StmtTry, StmtWith};

use super::values::path;

/// Calls that do not return.
const NEVER_RETURN: [&str; 8] = [
    "sys.exit",
    "exit",
    "quit",
    "os._exit",
    "os.abort",
    "assert_never",
    "typing.assert_never",
    "pytest.fail",
];

/// Context managers that may swallow an exception, by the last part of their name.
const SWALLOWING: [&str; 4] = ["suppress", "raises", "assertRaises", "assertRaisesRegex"];

/// Whether the end of the block can be reached.
pub(super) fn is_reachable(block: &[Stmt]) -> bool {
    block.iter().all(completes)
}

fn completes(statement: &Stmt) -> bool {
    match statement {
        Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_) => false,
        Stmt::If(branches) => {
            let rest = &branches.elif_else_clauses;
            let has_else = rest.last().is_some_and(|clause| clause.test.is_none());
            !has_else
                || is_reachable(&branches.body)
                || rest.iter().any(|clause| is_reachable(&clause.body))
        }
        Stmt::While(loop_) => {
            let forever = is_true(&loop_.test);
            has_break(&loop_.body)
                || (!forever && (loop_.orelse.is_empty() || is_reachable(&loop_.orelse)))
        }
        Stmt::For(loop_) => {
            loop_.orelse.is_empty() || has_break(&loop_.body) || is_reachable(&loop_.orelse)
        }
        Stmt::Try(attempt) => try_completes(attempt),
        Stmt::With(with) => is_reachable(&with.body) || swallows(with),
        Stmt::Match(choice) => match_completes(choice),
        Stmt::Assert(assertion) => !is_false(&assertion.test),
        Stmt::Expr(expression) => !never_returns(&expression.value),
        _ => true,
    }
}

fn try_completes(attempt: &StmtTry) -> bool {
    let handlers = attempt.handlers.iter().filter_map(|handler| handler.as_except_handler());
    let handled = handlers.map(|handler| is_reachable(&handler.body));
    let plain = is_reachable(&attempt.body) && is_reachable(&attempt.orelse);
    (plain || handled.into_iter().any(|reachable| reachable)) && is_reachable(&attempt.finalbody)
}

fn match_completes(choice: &StmtMatch) -> bool {
    let catches_all =
        |case: &ruff_python_ast::MatchCase| case.guard.is_none() && case.pattern.is_irrefutable();
    !choice.cases.iter().any(catches_all) || choice.cases.iter().any(|it| is_reachable(&it.body))
}

fn swallows(with: &StmtWith) -> bool {
    let name = |expression: &Expr| match expression {
        Expr::Call(call) => path(&call.func),
        other => path(other),
    };
    let last = |path: String| path.rsplit('.').next().unwrap_or_default().to_owned();
    let names = with.items.iter().filter_map(|item| name(&item.context_expr)).map(last);
    names.into_iter().any(|name| SWALLOWING.contains(&name.as_str()))
}

/// A `break` of this loop, not of one in it.
fn has_break(block: &[Stmt]) -> bool {
    block.iter().any(|statement| match statement {
        Stmt::Break(_) => true,
        Stmt::If(branches) => {
            has_break(&branches.body)
                || branches.elif_else_clauses.iter().any(|clause| has_break(&clause.body))
        }
        Stmt::While(inner) => has_break(&inner.orelse),
        Stmt::For(inner) => has_break(&inner.orelse),
        Stmt::With(with) => has_break(&with.body),
        Stmt::Match(choice) => choice.cases.iter().any(|case| has_break(&case.body)),
        Stmt::Try(attempt) => {
            let handlers = attempt.handlers.iter().filter_map(|it| it.as_except_handler());
            [&attempt.body, &attempt.orelse, &attempt.finalbody].into_iter().any(|it| has_break(it))
                || handlers.into_iter().any(|handler| has_break(&handler.body))
        }
        _ => false,
    })
}

fn never_returns(expression: &Expr) -> bool {
    let called = expression.as_call_expr().and_then(|call| path(&call.func));
    called.is_some_and(|path| NEVER_RETURN.contains(&path.as_str()))
}

fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(literal) => literal.value,
        Expr::NumberLiteral(literal) => {
            literal.value.as_int().and_then(ruff_python_ast::Int::as_u8) == Some(1)
        }
        _ => false,
    }
}

fn is_false(test: &Expr) -> bool {
    matches!(test, Expr::BooleanLiteral(literal) if !literal.value)
}

#[cfg(test)]
mod tests {
    use ruff_python_parser::parse_module;

    use super::*;

    fn reachable(text: &str) -> bool {
        is_reachable(parse_module(text).unwrap().suite())
    }

    #[test]
    fn the_end_is_reached_unless_every_way_leaves() {
        for text in [
            "x = 1",
            "if a:\n  raise b",
            "while a:\n  raise b",
            "while True:\n  if a:\n    break",
            "try:\n  raise a\nexcept b:\n  pass",
            "with suppress(a):\n  raise b",
            "match a:\n  case 1:\n    raise b",
            "for a in b:\n  raise c",
            "def f():\n  return 1",
        ] {
            assert!(reachable(text), "{text}");
        }
        for text in [
            "raise a",
            "sys.exit(1)",
            "if a:\n  raise b\nelse:\n  raise c",
            "while True:\n  for a in b:\n    break",
            "try:\n  raise a\nexcept b:\n  raise",
            "try:\n  pass\nfinally:\n  raise a",
            "with a:\n  raise b",
            "match a:\n  case 1:\n    raise b\n  case _:\n    raise c",
            "for a in b:\n  pass\nelse:\n  raise c",
            "assert False, a",
        ] {
            assert!(!reachable(text), "{text}");
        }
    }
}
