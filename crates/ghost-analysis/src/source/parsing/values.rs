//! From an expression to what its type can be told from.

use ruff_python_ast::{Expr, ExprBinOp, ExprCompare, Number, Operator};

use super::super::Value;

/// Reduces an expression.
pub(super) fn value(expression: &Expr) -> Value {
    match expression {
        Expr::NoneLiteral(_) => Value::Builtin("NoneType"),
        Expr::BooleanLiteral(_) => Value::Builtin("bool"),
        Expr::StringLiteral(_) | Expr::FString(_) => Value::Builtin("str"),
        Expr::BytesLiteral(_) => Value::Builtin("bytes"),
        Expr::NumberLiteral(number) => Value::Builtin(match number.value {
            Number::Int(_) => "int",
            Number::Float(_) => "float",
            Number::Complex { .. } => "complex",
        }),
        Expr::List(_) | Expr::ListComp(_) => Value::Builtin("list"),
        Expr::Dict(_) | Expr::DictComp(_) => Value::Builtin("dict"),
        Expr::Set(_) | Expr::SetComp(_) => Value::Builtin("set"),
        Expr::Tuple(_) => Value::Builtin("tuple"),
        Expr::Lambda(_) => Value::Builtin("function"),
        Expr::Compare(compare) => comparison(compare),
        Expr::UnaryOp(operation) if operation.op.is_not() => Value::Builtin("bool"),
        Expr::UnaryOp(operation) if !operation.op.is_invert() => value(&operation.operand),
        Expr::BinOp(operation) => arithmetic(operation),
        Expr::BoolOp(operation) => either(operation.values.iter()),
        Expr::If(choice) => either([&*choice.body, &*choice.orelse]),
        Expr::Named(named) => value(&named.value),
        Expr::Call(call) => path(&call.func).map_or(Value::Unknown, Value::Call),
        Expr::Subscript(subscript) if subscript.slice.is_slice_expr() => value(&subscript.value),
        _ => path(expression).map_or(Value::Unknown, Value::Name),
    }
}

/// A dotted name.
pub(super) fn path(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str().to_owned()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", path(&attribute.value)?, attribute.attr))
        }
        _ => None,
    }
}

fn either<'a>(values: impl IntoIterator<Item = &'a Expr>) -> Value {
    let mut all: Vec<Value> = Vec::new();
    for value in values.into_iter().map(value) {
        for alternative in value.alternatives() {
            if !all.contains(alternative) {
                all.push(alternative.clone());
            }
        }
    }
    if all.len() > 1 { Value::Either(all) } else { all.pop().unwrap_or(Value::Unknown) }
}

/// Other comparisons may be defined to return anything.
fn comparison(compare: &ExprCompare) -> Value {
    let is_bool =
        compare.ops.iter().all(|op| op.is_is() || op.is_is_not() || op.is_in() || op.is_not_in());
    if is_bool { Value::Builtin("bool") } else { Value::Unknown }
}

/// Numbers among themselves, and what stays of the type of its left side.
fn arithmetic(operation: &ExprBinOp) -> Value {
    match (value(&operation.left), value(&operation.right)) {
        (left, right) if operation.op == Operator::Div => match (&left, &right) {
            (Value::Builtin("int" | "float"), Value::Builtin("int" | "float")) => {
                Value::Builtin("float")
            }
            _ => Value::Unknown,
        },
        (Value::Builtin("str"), _) => Value::Builtin("str"),
        (left @ (Value::Name(_) | Value::Builtin(_)), Value::Builtin("int" | "bool")) => left,
        (Value::Name(name), Value::Builtin("str")) if operation.op == Operator::Add => {
            Value::Name(name)
        }
        _ => Value::Unknown,
    }
}
