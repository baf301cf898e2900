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

/// How deep an expression is looked into; no annotation that anybody reads is deeper.
const DEPTH_MAX: u8 = 60;

/// What matters of an expression where a type is expected.
pub(super) fn convert(expression: &Expr) -> TypeExpression {
    convert_within(expression, DEPTH_MAX)
}

fn convert_within(expression: &Expr, depth: u8) -> TypeExpression {
    let Some(depth) = depth.checked_sub(1) else { return TypeExpression::Other };
    let inner = |expression: &Expr| convert_within(expression, depth);
    let all = |expressions: &[Expr]| expressions.iter().map(inner).collect();
    match expression {
        Expr::Name(_) | Expr::Attribute(_) => {
            dotted(expression).map_or(TypeExpression::Other, TypeExpression::Name)
        }
        Expr::NoneLiteral(_) => TypeExpression::None,
        Expr::EllipsisLiteral(_) => TypeExpression::Ellipsis,
        Expr::StringLiteral(literal) => forward(literal, depth),
        Expr::BooleanLiteral(_) => TypeExpression::Constant(Constant::Bool),
        Expr::BytesLiteral(_) => TypeExpression::Constant(Constant::Bytes),
        Expr::NumberLiteral(number) => TypeExpression::Constant(number_type(&number.value)),
        Expr::UnaryOp(operation) if !operation.op.is_not() => inner(&operation.operand),
        Expr::BinOp(operation) if operation.op == Operator::BitOr => TypeExpression::Union(
            Box::new(inner(&operation.left)),
            Box::new(inner(&operation.right)),
        ),
        Expr::Subscript(subscript) => TypeExpression::Subscript {
            base: Box::new(inner(&subscript.value)),
            arguments: match &*subscript.slice {
                Expr::Tuple(tuple) if !tuple.parenthesized => all(&tuple.elts),
                argument => vec![inner(argument)],
            },
        },
        Expr::List(list) => TypeExpression::List(all(&list.elts)),
        Expr::Tuple(tuple) => TypeExpression::Tuple(all(&tuple.elts)),
        Expr::Starred(starred) => TypeExpression::Starred(Box::new(inner(&starred.value))),
        Expr::Call(call) => convert_call(call, depth),
        _ => TypeExpression::Other,
    }
}

fn number_type(number: &Number) -> Constant {
    match number {
        Number::Int(_) => Constant::Int,
        Number::Float(_) => Constant::Float,
        Number::Complex { .. } => Constant::Complex,
    }
}

/// A string may be a type that is written ahead of its definition.
fn forward(literal: &ExprStringLiteral, depth: u8) -> TypeExpression {
    let text = literal.value.to_str().trim();
    let parsed = parse_expression(text).ok();
    let expression = parsed.map(|parsed| Box::new(convert_within(parsed.expr(), depth)));
    TypeExpression::Text(expression)
}

fn convert_call(call: &ExprCall, depth: u8) -> TypeExpression {
    let inner = |expression: &Expr| convert_within(expression, depth);
    let keywords = call.arguments.keywords.iter().filter_map(|keyword| {
        Some((keyword.arg.as_ref()?.as_str().to_owned(), inner(&keyword.value)))
    });
    TypeExpression::Call {
        function: Box::new(inner(&call.func)),
        arguments: call.arguments.args.iter().map(inner).collect(),
        keywords: keywords.collect(),
    }
}

/// `a.b.c`, if an expression is only that.
pub(super) fn dotted(expression: &Expr) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = expression;
    while let Expr::Attribute(attribute) = rest {
        parts.push(attribute.attr.as_str());
        rest = &attribute.value;
    }
    parts.push(rest.as_name_expr()?.id.as_str());
    parts.reverse();
    Some(parts.join("."))
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
