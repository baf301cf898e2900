//! From the parser's expressions to [`TypeExpression`].

use ruff_python_ast::{Expr, ExprCall, ExprStringLiteral, Number, Operator};
use ruff_python_parser::parse_expression;
use ruff_text_size::Ranged;

use super::super::{Annotation, Constant, Decorator, TypeExpression};
use super::positions::Lines;

/// An annotation with its text.
pub(super) fn annotation(text: &str, lines: &Lines, expression: &Expr) -> Annotation {
    let written = match expression {
        Expr::StringLiteral(literal) => literal.value.to_str().trim(),
        _ => text.get(expression.range().to_std_range()).unwrap_or_default(),
    };
    // A report has one line for it.
    let text = written.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = lines.number(expression.start());
    Annotation { text, expression: convert(expression), line }
}

/// What matters of an expression where a type is expected.
pub(super) fn convert(expression: &Expr) -> TypeExpression {
    match expression {
        Expr::Name(_) | Expr::Attribute(_) => {
            dotted(expression).map_or(TypeExpression::Other, TypeExpression::Name)
        }
        Expr::NoneLiteral(_) => TypeExpression::None,
        Expr::EllipsisLiteral(_) => TypeExpression::Ellipsis,
        Expr::StringLiteral(literal) => forward(literal),
        Expr::BooleanLiteral(_) => TypeExpression::Constant(Constant::Bool),
        Expr::BytesLiteral(_) => TypeExpression::Constant(Constant::Bytes),
        Expr::NumberLiteral(number) => TypeExpression::Constant(number_type(&number.value)),
        Expr::UnaryOp(operation) if !operation.op.is_not() => convert(&operation.operand),
        Expr::BinOp(operation) if operation.op == Operator::BitOr => TypeExpression::Union(
            Box::new(convert(&operation.left)),
            Box::new(convert(&operation.right)),
        ),
        Expr::Subscript(subscript) => TypeExpression::Subscript {
            base: Box::new(convert(&subscript.value)),
            arguments: match &*subscript.slice {
                Expr::Tuple(tuple) if !tuple.parenthesized => all(&tuple.elts),
                argument => vec![convert(argument)],
            },
        },
        Expr::List(list) => TypeExpression::List(all(&list.elts)),
        Expr::Tuple(tuple) => TypeExpression::Tuple(all(&tuple.elts)),
        Expr::Starred(starred) => TypeExpression::Starred(Box::new(convert(&starred.value))),
        Expr::Call(call) => convert_call(call),
        _ => TypeExpression::Other,
    }
}

fn all(expressions: &[Expr]) -> Vec<TypeExpression> {
    expressions.iter().map(convert).collect()
}

fn number_type(number: &Number) -> Constant {
    match number {
        Number::Int(_) => Constant::Int,
        Number::Float(_) => Constant::Float,
        Number::Complex { .. } => Constant::Complex,
    }
}

/// A string may be a type that is written ahead of its definition.
fn forward(literal: &ExprStringLiteral) -> TypeExpression {
    let text = literal.value.to_str().trim();
    let parsed = parse_expression(text).ok();
    let expression = parsed.map(|parsed| Box::new(convert(&parsed.into_expr())));
    TypeExpression::Text(expression)
}

fn convert_call(call: &ExprCall) -> TypeExpression {
    let keywords = call.arguments.keywords.iter().filter_map(|keyword| {
        Some((keyword.arg.as_ref()?.as_str().to_owned(), convert(&keyword.value)))
    });
    TypeExpression::Call {
        function: Box::new(convert(&call.func)),
        arguments: all(&call.arguments.args),
        keywords: keywords.collect(),
    }
}

/// `a.b.c`, if an expression is only that.
pub(super) fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str().to_owned()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr.as_str()))
        }
        _ => None,
    }
}

/// A decorator as far as its name goes.
pub(super) fn decorator(lines: &Lines, decorator: &ruff_python_ast::Decorator) -> Decorator {
    let (is_call, applied) = match &decorator.expression {
        Expr::Call(call) => (true, &*call.func),
        expression => (false, expression),
    };
    let line = lines.number(decorator.range().start());
    Decorator { path: dotted(applied), is_call, line }
}
