//! What is claimed of one function: its parameters and its return value, as far as they have no
//! annotation.

use ghost_model::TypeName;

use super::observation::{Observation, Seen};
use super::{InferredType, Nameable, Settled, Unclaimed, assignment, returns, union};
use crate::source::{
    Binding, Body, Constant, DefinedFunction, DefinedParameter, Outline, ScopeId, SourceModule,
    TypeExpression, Value,
};

/// What the claims are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be written into the source, where a type checker will hold the body against them.
    Source,
    /// To be written into a stub, which has no bodies.
    Stub,
}

/// One file of source and what it is called.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    /// The module it is imported as.
    pub module: &'a str,
    /// Its definitions.
    pub source: &'a SourceModule,
    /// Its bodies.
    pub outline: &'a Outline,
}

/// How to infer.
#[derive(Clone, Copy, Debug)]
pub struct Inference<'a> {
    /// The types of the recording.
    pub types: &'a [TypeName],
    /// Which of them have names.
    pub nameable: &'a Nameable,
    /// Which methods are bound by annotations of others.
    pub settled: &'a Settled,
    /// Fewer calls than this are no reason to claim anything.
    pub calls_min: u64,
    /// What the claims are for.
    pub purpose: Purpose,
}

/// What may be said of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterClaim {
    /// Its position among the declared parameters.
    pub index: usize,
    /// What was inferred, or why nothing was.
    pub claim: Result<InferredType, Unclaimed>,
}

/// What may be said of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Of every parameter that has no annotation and could have one.
    pub parameters: Vec<ParameterClaim>,
    /// Of its return value; `None` where it is annotated.
    pub returns: Option<Result<InferredType, Unclaimed>>,
}

/// Infers what has no annotation.
pub fn claims(
    inference: Inference<'_>,
    file: SourceFile<'_>,
    function: &DefinedFunction,
    observation: &Observation,
) -> Claims {
    let nothing = Body::default();
    let body = function.returns_offset.and_then(|offset| file.outline.bodies.get(&offset));
    let subject =
        Subject { inference, file, function, observation, body: body.unwrap_or(&nothing) };
    subject.claims()
}

/// One function, with everything known of it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) inference: Inference<'a>,
    pub(super) file: SourceFile<'a>,
    pub(super) function: &'a DefinedFunction,
    pub(super) observation: &'a Observation,
    pub(super) body: &'a Body,
}

impl Subject<'_> {
    fn claims(&self) -> Claims {
        let open = self.function.parameters.iter().enumerate();
        let open = open.filter(|(index, parameter)| self.is_open(*index, parameter));
        let parameters = open
            .map(|(index, it)| ParameterClaim { index, claim: self.parameter(index, it) })
            .collect();
        let returns = self.function.returns.is_none().then(|| {
            self.precondition()?;
            returns::infer(self)
        });
        Claims { parameters, returns }
    }

    /// Whether it has no annotation, and is neither the object itself nor `*args` or `**kwargs`,
    /// which are recorded without types.
    fn is_open(&self, index: usize, parameter: &DefinedParameter) -> bool {
        let is_object = index == 0
            && self.function.class.is_some()
            && !self.function.has_decorator("staticmethod");
        parameter.annotation.is_none() && !is_object && !parameter.is_variadic()
    }

    fn precondition(&self) -> Result<(), Unclaimed> {
        let (count, wanted) = (self.observation.call_count, self.inference.calls_min);
        if count < wanted {
            return Err(Unclaimed::FewCalls { count, wanted });
        }
        if let Some(by) = self.function.class.as_ref().and_then(|class| {
            let class = format!("{}.{class}", self.observation.module);
            self.inference.settled.by(&class, self.function.name())
        }) {
            return Err(Unclaimed::Settled { by: by.to_owned() });
        }
        let mut named = self.file.source.functions_named(&self.function.qualname);
        if named.any(DefinedFunction::is_overload) {
            return Err(Unclaimed::Overloaded);
        }
        Ok(())
    }

    /// The type of everything in `seen`, with what the source shows.
    pub(super) fn infer(
        &self,
        seen: &Seen,
        shown: &[InferredType],
    ) -> Result<InferredType, Unclaimed> {
        let Inference { types, nameable, .. } = self.inference;
        union::infer(seen, shown, types, nameable, self.file.module)
    }

    fn parameter(
        &self,
        index: usize,
        parameter: &DefinedParameter,
    ) -> Result<InferredType, Unclaimed> {
        self.precondition()?;
        if self.function.class.is_some() {
            let known = known_parameter(self.function.name(), index, self.has_bases());
            if let Some(known) = known {
                return known;
            }
        }
        let seen = self.observation.parameter(&parameter.name, self.function.class.as_deref());
        let seen = seen.ok_or(Unclaimed::NothingSeen)?;
        let observed = self.infer(seen, &[])?;
        let shown = match self.file.outline.defaults.get(&parameter.annotation_offset) {
            Some(default) => self.default_types(&default.value, &observed),
            None => Ok(Vec::new()),
        };
        let shown = match self.inference.purpose {
            Purpose::Source => shown?,
            Purpose::Stub => shown.unwrap_or_default(),
        };
        let claim = self.infer(seen, &shown)?;
        if claim.is_none() {
            return Err(Unclaimed::OnlyNone);
        }
        if self.inference.purpose == Purpose::Source && !assignment::admits(self, parameter, &claim)
        {
            return Err(Unclaimed::Reassigned);
        }
        Ok(claim)
    }

    /// What is claimed of the parameter of this name, which some `return` returns; nothing where the
    /// name is another's, or stands for something else by then.
    pub(super) fn parameter_type(&self, name: &str) -> Result<Option<InferredType>, Unclaimed> {
        let mut parameters = self.function.parameters.iter().enumerate();
        let Some((index, parameter)) = parameters.find(|(_, it)| it.name == name) else {
            return Ok(None);
        };
        if parameter.annotation.is_some() {
            return Err(Unclaimed::ReturnsParameter { name: name.to_owned() });
        }
        let is_open = self.is_open(index, parameter);
        Ok(if is_open { self.parameter(index, parameter).ok() } else { None })
    }

    /// Whether its class derives from others, whose methods it may override.
    fn has_bases(&self) -> bool {
        let class = self.function.class.as_deref().unwrap_or_default();
        self.file.source.classes_named(class).any(|class| !class.bases.is_empty())
    }

    /// What the default value adds to what was seen.
    fn default_types(
        &self,
        default: &Value,
        observed: &InferredType,
    ) -> Result<Vec<InferredType>, Unclaimed> {
        let types = default.alternatives().iter().map(|value| self.default_type(value, observed));
        types.collect()
    }

    fn default_type(
        &self,
        default: &Value,
        observed: &InferredType,
    ) -> Result<InferredType, Unclaimed> {
        let one_of_the_seen =
            |name: &str| observed.members().iter().find(|member| is_called(member, name)).cloned();
        match default {
            Value::Builtin(name) => Some(of_builtin(name)),
            Value::Name(path) => match path.rsplit_once('.') {
                // A member of an enumeration.
                Some((class, _)) => one_of_the_seen(class),
                None => self.constant(path),
            },
            Value::Call(path) => {
                one_of_the_seen(path).or_else(|| assignment::result_of(path).map(of_builtin))
            }
            Value::Either(_) | Value::Unknown => None,
        }
        .ok_or(Unclaimed::Default)
    }

    /// The type of a name that the module binds once, to a constant.
    fn constant(&self, name: &str) -> Option<InferredType> {
        let (scope, bindings) = self.file.source.lookup(self.function.scope, name)?;
        let [Binding::Alias(expression)] = bindings else { return None };
        if scope != ScopeId::MODULE {
            return None;
        }
        let builtin = match expression {
            TypeExpression::Text(_) => "str",
            TypeExpression::Constant(Constant::Bool) => "bool",
            TypeExpression::Constant(Constant::Int) => "int",
            TypeExpression::Constant(Constant::Float) => "float",
            TypeExpression::Constant(Constant::Complex) => "complex",
            TypeExpression::Constant(Constant::Bytes) => "bytes",
            TypeExpression::None => return Some(InferredType::None),
            _ => return None,
        };
        Some(InferredType::builtin(builtin))
    }
}

/// The type of that built-in name, as [`Value::Builtin`] has them.
pub(crate) fn of_builtin(name: &str) -> InferredType {
    match name {
        "NoneType" => InferredType::None,
        "function" => InferredType::callable(),
        other => InferredType::builtin(other),
    }
}

/// Whether `path` ends in the name of the class.
pub(super) fn is_called(member: &InferredType, path: &str) -> bool {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    matches!(member, InferredType::Class { qualname, .. } if last(qualname) == last(path))
}

/// Special methods whose parameters are their own, whatever the bases of the class have.
const FREE_METHODS: [&str; 5] =
    ["__init__", "__post_init__", "__call__", "__init_subclass__", "__set_name__"];

/// Parameters whose type the language decides: of `__exit__`, and of what every object has. Bases
/// decide about those of other special methods.
fn known_parameter(
    method: &str,
    index: usize,
    has_bases: bool,
) -> Option<Result<InferredType, Unclaimed>> {
    let exception = || InferredType::builtin("BaseException");
    let is_special = method.starts_with('_') && method.ends_with('_');
    let known = match (method, index) {
        ("__exit__" | "__aexit__", 1) => {
            InferredType::generic(InferredType::builtin("type"), vec![exception()])
        }
        ("__exit__" | "__aexit__", 2) => exception(),
        ("__exit__" | "__aexit__", 3) => InferredType::class("types", "TracebackType"),
        ("__eq__" | "__ne__" | "__setattr__" | "__new__", _) => {
            return Some(Err(Unclaimed::Protocol { method: method.to_owned() }));
        }
        _ if is_special && has_bases && !FREE_METHODS.contains(&method) => {
            return Some(Err(Unclaimed::Protocol { method: method.to_owned() }));
        }
        _ => return None,
    };
    InferredType::union([known, InferredType::None]).map(Ok)
}
