//! Functions and methods as a stub has them.

use super::Stubber;
use crate::inference::{Claims, InferredType};
use crate::source::{DefinedFunction, DefinedParameter, ParameterKind};
use ghost_model::FunctionKind;

/// Decorators that type checkers know, by the last part of their name.
const KEPT: [&str; 27] = [
    "abstractmethod",
    "asynccontextmanager",
    "cached_property",
    "classmethod",
    "contextmanager",
    "dataclass",
    "dataclass_transform",
    "define",
    "deleter",
    "deprecated",
    "final",
    "frozen",
    "getter",
    "mutable",
    "attrs",
    "no_type_check",
    "overload",
    "override",
    "property",
    "runtime_checkable",
    "s",
    "setter",
    "singledispatch",
    "staticmethod",
    "total_ordering",
    "type_check_only",
    "unique",
];

impl Stubber<'_> {
    /// The decorators that matter for types.
    pub(super) fn decorators(&mut self, decorators: &[String], indent: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for decorator in decorators {
            let path = decorator.trim_start_matches('@').split('(').next().unwrap_or_default();
            if KEPT.contains(&path.rsplit('.').next().unwrap_or_default().trim()) {
                self.uses(decorator);
                lines.push(format!("{indent}{decorator}"));
            }
        }
        lines
    }

    /// A function with its decorators.
    pub(super) fn function(
        &mut self,
        offset: usize,
        decorators: &[String],
        definition: &str,
        indent: &str,
    ) -> Vec<String> {
        let mut lines = self.decorators(decorators, indent);
        let Some(&function) = self.functions.get(&offset) else { return Vec::new() };
        let claims = self.claims(offset);
        let parameters = self.parameters(function, claims.as_ref());
        let returns = self.returns(function, claims.as_ref());
        // An async generator is called like any function: it returns what can be awaited.
        let word = if function.kind == FunctionKind::Coroutine { "async def" } else { "def" };
        lines.push(format!("{indent}{word} {definition}({parameters}){returns}: ..."));
        lines
    }

    fn returns(&mut self, function: &DefinedFunction, claims: Option<&Claims>) -> String {
        if let Some(written) = &function.returns {
            self.uses(&written.text);
            return format!(" -> {}", written.text);
        }
        if function.class.is_some() && function.name() == "__init__" {
            return " -> None".into();
        }
        let claim = claims.and_then(|claims| claims.returns.as_ref()?.as_ref().ok());
        let text = claim.and_then(|claim| self.spell(claim, function.scope));
        self.added += usize::from(text.is_some());
        text.map_or_else(String::new, |text| format!(" -> {text}"))
    }

    fn parameters(&mut self, function: &DefinedFunction, claims: Option<&Claims>) -> String {
        let mut texts: Vec<String> = Vec::new();
        let mut before: Option<ParameterKind> = None;
        for (index, parameter) in function.parameters.iter().enumerate() {
            texts.extend(separator(before, parameter.kind).map(ToOwned::to_owned));
            before = Some(parameter.kind);
            let claim = claims.and_then(|claims| {
                let mut all = claims.parameters.iter();
                all.find(|it| it.index == index)?.claim.as_ref().ok()
            });
            texts.push(self.parameter(function, parameter, claim));
        }
        texts.extend((before == Some(ParameterKind::PositionalOnly)).then(|| "/".to_owned()));
        texts.join(", ")
    }

    fn parameter(
        &mut self,
        function: &DefinedFunction,
        parameter: &DefinedParameter,
        claim: Option<&InferredType>,
    ) -> String {
        let stars = match parameter.kind {
            ParameterKind::VarPositional => "*",
            ParameterKind::VarKeyword => "**",
            _ => "",
        };
        let annotation = match (&parameter.annotation, claim) {
            (Some(written), _) => {
                self.uses(&written.text);
                Some(written.text.clone())
            }
            (None, Some(claim)) => {
                let text = self.spell(claim, function.scope);
                self.added += usize::from(text.is_some());
                text
            }
            (None, None) => None,
        };
        let name = &parameter.name;
        match (annotation, parameter.default.is_some()) {
            (Some(text), true) => format!("{stars}{name}: {text} = ..."),
            (Some(text), false) => format!("{stars}{name}: {text}"),
            (None, true) => format!("{stars}{name}=..."),
            (None, false) => format!("{stars}{name}"),
        }
    }
}

/// `/` and `*` between parameters of different kinds.
fn separator(before: Option<ParameterKind>, kind: ParameterKind) -> Option<&'static str> {
    match (before, kind) {
        (Some(ParameterKind::PositionalOnly), ParameterKind::PositionalOnly) => None,
        (Some(ParameterKind::PositionalOnly), ParameterKind::KeywordOnly) => Some("/, *"),
        (Some(ParameterKind::PositionalOnly), _) => Some("/"),
        (None | Some(ParameterKind::Plain), ParameterKind::KeywordOnly) => Some("*"),
        _ => None,
    }
}
