//! What is claimed of the value that a call returns: also of generators, whose calls return them,
//! and of coroutines, of which the awaited value is annotated.

use ghost_model::{FunctionKind, TypeId};

use super::assignment::result_of;
use super::claim::{Subject, of_builtin};
use super::observation::Seen;
use super::{InferredType, Purpose, Unclaimed};
use crate::source::{TypeExpression, Value};

/// Infers the return annotation.
pub(super) fn infer(subject: &Subject<'_>) -> Result<InferredType, Unclaimed> {
    let method = subject.function.class.as_ref().map(|_| subject.function.name());
    if let Some(known) = method.and_then(|method| known(subject, method)) {
        return known;
    }
    match subject.observation.kind {
        FunctionKind::Generator => generator(subject),
        FunctionKind::AsyncGenerator => async_generator(subject),
        _ => returned(subject),
    }
}

/// Methods whose result the language or a type checker decides.
fn known(subject: &Subject<'_>, method: &str) -> Option<Result<InferredType, Unclaimed>> {
    let own = || Some(Err(Unclaimed::Protocol { method: method.to_owned() }));
    match method {
        "__init__" | "__init_subclass__" | "__set_name__" => Some(Ok(InferredType::None)),
        "__new__" | "__await__" | "__prepare__" => own(),
        // `bool` promises to swallow exceptions, which one that returns `False` never does.
        "__exit__" | "__aexit__" => {
            let returns = &subject.body.returns;
            let is_plain = returns.iter().all(|value| matches!(value, Value::Builtin("NoneType")));
            if is_plain { None } else { own() }
        }
        _ => None,
    }
}

fn returned(subject: &Subject<'_>) -> Result<InferredType, Unclaimed> {
    if let Some(own) = own_object(subject) {
        return own;
    }
    let claim = value(subject)?;
    let is_missing = !claim.is_none() && subject.body.falls_off;
    match subject.inference.purpose {
        _ if !is_missing => Ok(claim),
        // A type checker wants `return None` to be written out.
        Purpose::Source => Err(Unclaimed::FallsOff),
        Purpose::Stub => {
            InferredType::union([claim, InferredType::None]).ok_or(Unclaimed::NothingSeen)
        }
    }
}

/// What `return` gave, with what the source shows of it.
fn value(subject: &Subject<'_>) -> Result<InferredType, Unclaimed> {
    let seen = without_not_implemented(subject);
    let values = || subject.body.returns.iter().flat_map(Value::alternatives);
    let mut shown: Vec<InferredType> = Vec::new();
    for value in values() {
        shown.extend(plain(subject, value));
        if let Value::Name(name) = value {
            shown.extend(subject.parameter_type(name)?);
            shown.extend(assigned(subject, name));
        }
    }
    let observed = subject.infer(&seen, &[])?;
    if observed.is_none() && values().any(|value| !value.is_none()) {
        return Err(Unclaimed::ReturnsMore);
    }
    subject.infer(&seen, &shown)
}

/// `NotImplemented` is how operators decline; type checkers leave it out.
fn without_not_implemented(subject: &Subject<'_>) -> Seen {
    let name = subject.function.name();
    let is_operator = name.starts_with("__") && name.ends_with("__");
    let keep = |id: &TypeId| {
        let name = subject.inference.types.get(id.index());
        !(is_operator && name.is_some_and(|name| name.qualname == "NotImplementedType"))
    };
    let types = subject.observation.returns.types.iter();
    Seen { types: types.filter(|(id, _)| keep(id)).map(|(&id, &count)| (id, count)).collect() }
}

/// `Self` for methods that return their own object, or make another of their class.
fn own_object(subject: &Subject<'_>) -> Option<Result<InferredType, Unclaimed>> {
    let function = subject.function;
    let class = function.class.as_deref().filter(|_| !function.has_decorator("staticmethod"))?;
    let object = &function.parameters.first()?.name;
    let made = [object.clone(), format!("{object}.__class__")];
    let is_own = |value: &Value| match value {
        Value::Name(name) => name == object,
        Value::Call(path) => function.has_decorator("classmethod") && made.contains(path),
        _ => false,
    };
    let values: Vec<&Value> = subject.body.returns.iter().flat_map(Value::alternatives).collect();
    let has_own = values.iter().any(|value| is_own(value));
    if !has_own || !values.iter().all(|value| is_own(value) || value.is_none()) {
        return None;
    }
    if is_metaclass(subject, class) {
        return Some(Err(Unclaimed::Protocol { method: function.name().to_owned() }));
    }
    let none = values.iter().any(|value| value.is_none()).then_some(InferredType::None);
    let own = InferredType::class("typing", "Self");
    let observed = (!subject.observation.returns.types.is_empty()).then_some(own);
    if subject.body.falls_off && subject.inference.purpose == Purpose::Source {
        return Some(Err(Unclaimed::FallsOff));
    }
    Some(match observed {
        Some(own) => {
            InferredType::union([own].into_iter().chain(none)).ok_or(Unclaimed::NothingSeen)
        }
        None => Err(Unclaimed::NothingSeen),
    })
}

fn is_metaclass(subject: &Subject<'_>, class: &str) -> bool {
    let is_type = |base: &TypeExpression| match base {
        TypeExpression::Name(name) => name.rsplit('.').next().is_some_and(|last| {
            last == "type" || last.ends_with("Meta") || last.ends_with("EnumType")
        }),
        _ => false,
    };
    subject.file.source.classes_named(class).any(|class| class.bases.iter().any(is_type))
}

fn generator(subject: &Subject<'_>) -> Result<InferredType, Unclaimed> {
    let yielded = yielded(subject)?;
    let result = value(subject);
    let is_plain = matches!(&result, Ok(InferredType::None) | Err(Unclaimed::NothingSeen));
    let is_iterator = !subject.body.receives && !subject.file.outline.drives_generators;
    if is_plain && is_iterator {
        let iterator = InferredType::class("collections.abc", "Iterator");
        return Ok(InferredType::generic(iterator, vec![yielded]));
    }
    let result = match result {
        Err(Unclaimed::NothingSeen) => InferredType::any(),
        other => other?,
    };
    let is_missing = subject.body.falls_off && !result.is_none() && result != InferredType::any();
    if is_missing && subject.inference.purpose == Purpose::Source {
        return Err(Unclaimed::FallsOff);
    }
    let generator = InferredType::class("collections.abc", "Generator");
    Ok(InferredType::generic(generator, vec![yielded, sent(subject), result]))
}

/// What is sent to it is not recorded; `Any` lets the body go on using it.
fn sent(subject: &Subject<'_>) -> InferredType {
    if subject.body.receives { InferredType::any() } else { InferredType::None }
}

/// The built-in type of a value, if that is beyond doubt.
fn plain(subject: &Subject<'_>, value: &Value) -> Option<InferredType> {
    match value {
        Value::Builtin(name) => Some(of_builtin(name)),
        Value::Call(path) => {
            let is_own = subject.file.source.lookup(subject.function.scope, path).is_some();
            let result = result_of(path).filter(|_| !is_own);
            result.map(of_builtin)
        }
        _ => None,
    }
}

/// What a local variable is plainly assigned: to a type checker it is all of that to its end.
fn assigned<'a>(
    subject: &'a Subject<'_>,
    name: &'a str,
) -> impl Iterator<Item = InferredType> + 'a {
    let values = subject.body.assigned.iter().filter(move |(target, _)| target == name);
    values.flat_map(|(_, value)| value.alternatives()).filter_map(|value| plain(subject, value))
}

/// What was yielded, with what the source shows of it.
fn yielded(subject: &Subject<'_>) -> Result<InferredType, Unclaimed> {
    let values = subject.body.yields.iter().flat_map(Value::alternatives);
    let shown: Vec<InferredType> = values.filter_map(|value| plain(subject, value)).collect();
    subject.infer(&subject.observation.yields, &shown)
}

fn async_generator(subject: &Subject<'_>) -> Result<InferredType, Unclaimed> {
    let yielded = yielded(subject)?;
    Ok(if subject.body.receives || subject.file.outline.drives_generators {
        let generator = InferredType::class("collections.abc", "AsyncGenerator");
        InferredType::generic(generator, vec![yielded, sent(subject)])
    } else {
        let iterator = InferredType::class("collections.abc", "AsyncIterator");
        InferredType::generic(iterator, vec![yielded])
    })
}
