//! What a body looks like from outside: empty, not implemented, only for type checkers.

use ruff_python_ast::{Expr, Stmt};

use super::super::BodyShape;

/// The shape of a function's body.
pub(super) fn of_body(body: &[Stmt]) -> BodyShape {
    let mut rest = body.iter().filter(|statement| !is_nothing(statement));
    match (rest.next(), rest.next()) {
        (None, _) => BodyShape::Empty,
        (Some(Stmt::Raise(raise)), None) if raise.exc.as_deref().is_some_and(not_implemented) => {
            BodyShape::NotImplemented
        }
        _ => BodyShape::Code,
    }
}

/// `pass`, `...` and docstrings.
pub(super) fn is_nothing(statement: &Stmt) -> bool {
    match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(expression) => {
            matches!(*expression.value, Expr::EllipsisLiteral(_) | Expr::StringLiteral(_))
        }
        _ => false,
    }
}

fn not_implemented(exception: &Expr) -> bool {
    match exception {
        Expr::Name(name) => name.id.as_str() == "NotImplementedError",
        Expr::Call(call) => not_implemented(&call.func),
        _ => false,
    }
}

/// `TYPE_CHECKING`, `typing.TYPE_CHECKING`, or one of them and more.
pub(super) fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        Expr::BoolOp(operation) if operation.op.is_and() => {
            operation.values.iter().any(is_type_checking)
        }
        _ => false,
    }
}
