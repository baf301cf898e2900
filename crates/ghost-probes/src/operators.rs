//! What operators do with built-in values. Never panics, never makes more than it is allowed to.

use std::cmp::Ordering;

use crate::evaluate::{EvaluateError, no};
use crate::expression::{Binary, Compare};
use crate::value::Value;

type Evaluated = Result<Value, EvaluateError>;

/// Applies an operator; `room` is how many values the result may have.
pub(crate) fn binary(operator: Binary, one: &Value, two: &Value, room: usize) -> Evaluated {
    if let (Some(one), Some(two)) = (one.as_int(), two.as_int()) {
        return whole(operator, one, two);
    }
    if let (Some(one), Some(two)) = (one.as_float(), two.as_float()) {
        return fraction(operator, one, two);
    }
    match (operator, one, two) {
        (Binary::Add, Value::Str(one), Value::Str(two)) => Ok(Value::Str(format!("{one}{two}"))),
        (Binary::Add, Value::Sequence(one), Value::Sequence(two)) => {
            if one.len() + two.len() > room {
                return Err(EvaluateError::Steps);
            }
            Ok(Value::Sequence(one.iter().chain(two).cloned().collect()))
        }
        _ => Err(no(symbol(operator), if one.as_float().is_some() { two } else { one })),
    }
}

fn symbol(operator: Binary) -> &'static str {
    match operator {
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::FloorDivide => "//",
        Binary::Remainder => "%",
    }
}

fn whole(operator: Binary, one: i64, two: i64) -> Evaluated {
    let result = match operator {
        Binary::Add => one.checked_add(two),
        Binary::Subtract => one.checked_sub(two),
        Binary::Multiply => one.checked_mul(two),
        Binary::Divide => return fraction(operator, one as f64, two as f64),
        Binary::FloorDivide | Binary::Remainder if two == 0 => return Err(EvaluateError::Zero),
        Binary::FloorDivide => one.checked_div(two).map(|quotient| {
            quotient - i64::from(one.wrapping_rem(two) != 0 && (one < 0) != (two < 0))
        }),
        Binary::Remainder => one
            .checked_rem(two)
            .map(|rest| if rest != 0 && (rest < 0) != (two < 0) { rest + two } else { rest }),
    };
    result.map(Value::Int).ok_or(EvaluateError::Range)
}

fn fraction(operator: Binary, one: f64, two: f64) -> Evaluated {
    let divides = matches!(operator, Binary::Divide | Binary::FloorDivide | Binary::Remainder);
    if divides && two == 0.0 {
        return Err(EvaluateError::Zero);
    }
    let result = match operator {
        Binary::Add => one + two,
        Binary::Subtract => one - two,
        Binary::Multiply => one * two,
        Binary::Divide => one / two,
        Binary::FloorDivide => (one / two).floor(),
        Binary::Remainder => one - two * (one / two).floor(),
    };
    Ok(Value::Float(result))
}

/// Compares two values. What only code of the program could tell is an error.
pub(crate) fn compare(operator: Compare, one: &Value, two: &Value) -> Result<bool, EvaluateError> {
    let equal = || one.equals(two).ok_or_else(|| no("==", hidden(one, two)));
    let ordered = |symbol, accepted: &[Ordering]| {
        let is_nan = |value: &Value| value.as_float().is_some_and(f64::is_nan);
        match one.order(two) {
            Some(order) => Ok(accepted.contains(&order)),
            None if is_nan(one) || is_nan(two) => Ok(false),
            None => Err(no(symbol, hidden(one, two))),
        }
    };
    match operator {
        Compare::Equal => equal(),
        Compare::NotEqual => equal().map(|equal| !equal),
        Compare::Less => ordered("<", &[Ordering::Less]),
        Compare::LessEqual => ordered("<=", &[Ordering::Less, Ordering::Equal]),
        Compare::Greater => ordered(">", &[Ordering::Greater]),
        Compare::GreaterEqual => ordered(">=", &[Ordering::Greater, Ordering::Equal]),
        Compare::In => contains(two, one),
        Compare::NotIn => contains(two, one).map(|found| !found),
        Compare::Is | Compare::IsNot => {
            // Copies have no identity of their own; these have one each.
            if !matches!(two, Value::None | Value::Bool(_)) {
                return Err(no("is", two));
            }
            let same = match one {
                Value::Redacted => return Err(no("is", one)),
                _ => one == two,
            };
            Ok(same == (operator == Compare::Is))
        }
    }
}

/// Of two values the one that cannot be looked at, if one cannot.
fn hidden<'a>(one: &'a Value, two: &'a Value) -> &'a Value {
    if matches!(two, Value::Opaque(_) | Value::Redacted) { two } else { one }
}

fn contains(container: &Value, wanted: &Value) -> Result<bool, EvaluateError> {
    let any = |found: Option<bool>, item: &Value| match (found, item.equals(wanted)) {
        (Some(true), _) => Some(true),
        (found, same) => same.and_then(|same| found.map(|found| found || same)),
    };
    let found = match (container, wanted) {
        (Value::Sequence(items), _) => items.iter().fold(Some(false), any),
        (Value::Mapping(items), _) => items.iter().map(|(key, _)| key).fold(Some(false), any),
        (Value::Str(text), Value::Str(part)) => Some(text.contains(part.as_str())),
        _ => return Err(no("in", container)),
    };
    found.ok_or_else(|| no("in", hidden(wanted, container)))
}

/// One item of a container.
pub(crate) fn item(of: Value, key: &Value) -> Evaluated {
    let at = |length: usize| {
        let index = key.as_int().ok_or_else(|| no("[]", key))?;
        place(index, length).filter(|at| *at < length).ok_or(EvaluateError::Item)
    };
    match of {
        Value::Sequence(mut items) => {
            let at = at(items.len())?;
            Ok(items.swap_remove(at))
        }
        Value::Str(text) => {
            let at = at(text.chars().count())?;
            text.chars()
                .nth(at)
                .map(|found| Value::Str(found.to_string()))
                .ok_or(EvaluateError::Item)
        }
        Value::Bytes(bytes) => {
            let at = at(bytes.len())?;
            bytes.get(at).map(|byte| Value::Int(i64::from(*byte))).ok_or(EvaluateError::Item)
        }
        Value::Mapping(items) => {
            for (found, value) in items {
                if found.equals(key).ok_or_else(|| no("[]", key))? {
                    return Ok(value);
                }
            }
            Err(EvaluateError::Item)
        }
        other => Err(no("[]", &other)),
    }
}

/// Where an index points, counted from the end where it is negative; none before the begin.
fn place(index: i64, length: usize) -> Option<usize> {
    if index >= 0 {
        return usize::try_from(index).ok();
    }
    let back = usize::try_from(index.unsigned_abs()).ok()?;
    length.checked_sub(back)
}

/// A part of a container.
pub(crate) fn slice(of: &Value, from: Option<&Value>, to: Option<&Value>) -> Evaluated {
    let length = of.length().ok_or_else(|| no("[:]", of))?;
    let end = |end: Option<&Value>, missing: usize| match end {
        None | Some(Value::None) => Ok(missing),
        Some(value) => {
            let index = value.as_int().ok_or_else(|| no("[:]", value))?;
            Ok(place(index, length).unwrap_or(0).min(length))
        }
    };
    let from = end(from, 0)?;
    let count = end(to, length)?.saturating_sub(from);
    match of {
        Value::Str(text) => Ok(Value::Str(text.chars().skip(from).take(count).collect())),
        Value::Bytes(bytes) => {
            Ok(Value::Bytes(bytes.iter().skip(from).take(count).copied().collect()))
        }
        Value::Sequence(items) => {
            Ok(Value::Sequence(items.iter().skip(from).take(count).cloned().collect()))
        }
        _ => Err(no("[:]", of)),
    }
}
