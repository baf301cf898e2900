//! Evaluates an expression, counting steps. Calls nothing but a [`Scope`].

use crate::expression::{Compare, Expression, Function, Node, Unary};
use crate::operators::{binary, compare, item, slice};
use crate::secret::is_secret;
use crate::value::Value;

/// Steps of one evaluation: nodes visited, and values made or looked at, 16 bytes of text being one.
/// As many take some tenths of a millisecond.
pub(crate) const STEPS_MAX: usize = 5_000;

/// Where names are looked up. Gives copies of built-in values, and runs no code of the program.
pub trait Scope {
    /// The value of a name, if it has one.
    fn look_up(&self, name: &str) -> Option<Value>;
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvaluateError {
    /// A name nobody knows.
    #[error("there is no name `{}`", name.escape_default())]
    Name {
        /// Which.
        name: String,
    },
    /// An operation that these types do not have.
    #[error("`{operation}` is not for `{}`", type_name.escape_default())]
    Type {
        /// Which operation.
        operation: &'static str,
        /// The type it was asked of.
        type_name: String,
    },
    /// A division by zero.
    #[error("division by zero")]
    Zero,
    /// A result that has no value here: too large, or not a number.
    #[error("the result is out of range")]
    Range,
    /// An item that is not there.
    #[error("there is no such item")]
    Item,
    /// It took too long.
    #[error("an evaluation may take {STEPS_MAX} steps")]
    Steps,
}

/// Evaluates an expression.
///
/// # Errors
/// If it has no value, or would take too long. The program is not concerned.
pub fn evaluate(expression: &Expression, scope: &dyn Scope) -> Result<Value, EvaluateError> {
    let mut evaluation = Evaluation { scope, left: STEPS_MAX };
    evaluation.value(&expression.0)
}

struct Evaluation<'a> {
    scope: &'a dyn Scope,
    left: usize,
}

type Evaluated = Result<Value, EvaluateError>;

/// What an operation says of a value it is not for.
pub(crate) fn no(operation: &'static str, value: &Value) -> EvaluateError {
    EvaluateError::Type { operation, type_name: value.type_name().to_owned() }
}

impl Evaluation<'_> {
    fn spend(&mut self, steps: usize) -> Result<(), EvaluateError> {
        self.left =
            self.left.checked_sub(steps).filter(|left| *left > 0).ok_or(EvaluateError::Steps)?;
        Ok(())
    }

    /// Pays for a value.
    fn paid(&mut self, value: Value) -> Evaluated {
        let size = value.size(self.left);
        self.spend(size)?;
        Ok(value)
    }

    fn value(&mut self, node: &Node) -> Evaluated {
        self.spend(1)?;
        match node {
            Node::Constant(value) => self.paid(value.clone()),
            Node::Name(name) => self.name(name),
            Node::Sequence(items) => Ok(Value::Sequence(self.values(items)?)),
            Node::Unary(sign, operand) => {
                let operand = self.value(operand)?;
                signed(*sign, &operand)
            }
            Node::Binary(operator, one, two) => {
                let (one, two) = (self.value(one)?, self.value(two)?);
                let made = binary(*operator, &one, &two, self.left)?;
                self.paid(made)
            }
            Node::Compare(first, rest) => self.chain(first, rest),
            Node::And(one, two) => self.either(one, two, false),
            Node::Or(one, two) => self.either(one, two, true),
            Node::Not(operand) => {
                let operand = self.value(operand)?;
                Ok(Value::Bool(!truth(&operand)?))
            }
            Node::Choice { condition, then, otherwise } => {
                let condition = self.value(condition)?;
                let chosen = if truth(&condition)? { then } else { otherwise };
                self.value(chosen)
            }
            Node::Item(of, key) => {
                let (of, key) = (self.value(of)?, self.value(key)?);
                item(of, &key)
            }
            Node::Slice(of, from, to) => {
                let of = self.value(of)?;
                let mut end = |node: &Option<Box<Node>>| -> Result<Option<Value>, EvaluateError> {
                    node.as_ref().map(|node| self.value(node)).transpose()
                };
                let (from, to) = (end(from)?, end(to)?);
                slice(&of, from.as_ref(), to.as_ref())
            }
            Node::Call(function, arguments) => {
                let arguments = self.values(arguments)?;
                call(*function, &arguments)
            }
        }
    }

    fn values(&mut self, nodes: &[Node]) -> Result<Vec<Value>, EvaluateError> {
        nodes.iter().map(|node| self.value(node)).collect()
    }

    fn name(&mut self, name: &str) -> Evaluated {
        if is_secret(name) {
            return Ok(Value::Redacted);
        }
        let found = self.scope.look_up(name);
        let found = found.ok_or_else(|| EvaluateError::Name { name: name.to_owned() })?;
        let found = self.paid(found)?;
        Ok(redacted(found))
    }

    fn either(&mut self, one: &Node, two: &Node, decides: bool) -> Evaluated {
        let one = self.value(one)?;
        if truth(&one)? == decides { Ok(one) } else { self.value(two) }
    }

    fn chain(&mut self, first: &Node, rest: &[(Compare, Node)]) -> Evaluated {
        let mut left = self.value(first)?;
        for (operator, right) in rest {
            let right = self.value(right)?;
            // Containers may be looked at as a whole, each item with each.
            self.spend(left.size(self.left).saturating_add(right.size(self.left)))?;
            if !compare(*operator, &left, &right)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }
}

fn truth(value: &Value) -> Result<bool, EvaluateError> {
    value.truth().ok_or_else(|| no("bool", value))
}

/// Hides what is in a dict under the name of a secret, at any depth.
fn redacted(value: Value) -> Value {
    match value {
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(redacted).collect()),
        Value::Mapping(items) => {
            let hide = |(key, value): (Value, Value)| {
                let hidden = match &key {
                    Value::Str(name) => is_secret(name),
                    Value::Bytes(name) => is_secret(&String::from_utf8_lossy(name)),
                    _ => false,
                };
                (key, if hidden { Value::Redacted } else { redacted(value) })
            };
            Value::Mapping(items.into_iter().map(hide).collect())
        }
        other => other,
    }
}

fn signed(sign: Unary, operand: &Value) -> Evaluated {
    match (sign, operand.as_int(), operand) {
        (Unary::Plus, Some(value), _) => Ok(Value::Int(value)),
        (Unary::Minus, Some(value), _) => {
            value.checked_neg().map(Value::Int).ok_or(EvaluateError::Range)
        }
        (Unary::Plus, None, Value::Float(value)) => Ok(Value::Float(*value)),
        (Unary::Minus, None, Value::Float(value)) => Ok(Value::Float(-value)),
        (_, None, other) => Err(no("-", other)),
    }
}

fn call(function: Function, arguments: &[Value]) -> Evaluated {
    let [argument] = arguments else {
        return match function {
            Function::Max | Function::Min if !arguments.is_empty() => extreme(function, arguments),
            _ => Err(EvaluateError::Type { operation: "()", type_name: "tuple".to_owned() }),
        };
    };
    match function {
        Function::Len => {
            let length = argument.length().ok_or_else(|| no("len", argument))?;
            i64::try_from(length).map(Value::Int).map_err(|_| EvaluateError::Range)
        }
        Function::Type => Ok(Value::Str(argument.type_name().to_owned())),
        Function::Bool => truth(argument).map(Value::Bool),
        Function::Abs => match argument.as_float() {
            Some(value) if value < 0.0 => signed(Unary::Minus, argument),
            Some(_) => signed(Unary::Plus, argument),
            None => Err(no("abs", argument)),
        },
        Function::Float => {
            argument.as_float().map(Value::Float).ok_or_else(|| no("float", argument))
        }
        Function::Int => whole(argument),
        Function::Max | Function::Min | Function::Sum => {
            let Value::Sequence(items) = argument else { return Err(no("max", argument)) };
            if function == Function::Sum { sum(items) } else { extreme(function, items) }
        }
    }
}

fn whole(argument: &Value) -> Evaluated {
    match argument {
        Value::Float(value) if value.abs() < 9.0e18 => Ok(Value::Int(value.trunc() as i64)),
        Value::Float(_) => Err(EvaluateError::Range),
        _ => argument.as_int().map(Value::Int).ok_or_else(|| no("int", argument)),
    }
}

fn sum(items: &[Value]) -> Evaluated {
    let add = |total: Value, item: &Value| {
        item.as_float().ok_or_else(|| no("sum", item))?;
        binary(crate::expression::Binary::Add, &total, item, 1)
    };
    items.iter().try_fold(Value::Int(0), add)
}

fn extreme(function: Function, items: &[Value]) -> Evaluated {
    let better = if function == Function::Max { Compare::Greater } else { Compare::Less };
    let mut found = items.first().ok_or(EvaluateError::Item)?;
    for item in items {
        if compare(better, item, found)? {
            found = item;
        }
    }
    Ok(found.clone())
}
