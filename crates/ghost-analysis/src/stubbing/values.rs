//! Variables: their annotation, else the type of what is assigned to them.

use super::{Class, Stubber};
use crate::inference::{InferredType, of_builtin, result_of};
use crate::source::{Binding, ScopeId, Value};

impl Stubber<'_> {
    /// `name: type`, with a value where it matters for types.
    pub(super) fn variable(
        &mut self,
        name: &str,
        annotation: Option<&str>,
        value: Option<&(Value, String)>,
        class: Option<Class<'_>>,
    ) -> String {
        if let Some(annotation) = annotation {
            self.uses(annotation);
            let default = class.and(value).map_or_else(String::new, |value| self.default(value));
            return format!("{name}: {annotation}{default}");
        }
        if class.is_some_and(|class| class.is_enumeration) && !name.starts_with('_') {
            let literal = value.filter(|(value, _)| matches!(value, Value::Builtin(_)));
            return format!("{name} = {}", literal.map_or("...", |(_, text)| text));
        }
        let type_ = self.value_type(value.map_or(&Value::Unknown, |(value, _)| value));
        format!("{name}: {type_}")
    }

    /// Whether a field has a default value is part of the signature of its class; calls such as
    /// `field(…)` say more.
    fn default(&mut self, (value, text): &(Value, String)) -> String {
        if matches!(value, Value::Call(path) if path.rsplit('.').next() == Some("field")) {
            self.uses(text);
            format!(" = {text}")
        } else {
            " = ...".into()
        }
    }

    /// The type of a value as text; `Any` where it is not plain.
    pub(super) fn value_type(&mut self, value: &Value) -> String {
        let texts: Option<Vec<String>> =
            value.alternatives().iter().map(|it| self.plain_type(it)).collect();
        self.union(texts)
    }

    /// One type of several; `Any` where one of them is not known, or where there is only `None`.
    pub(super) fn union(&mut self, texts: Option<Vec<String>>) -> String {
        let mut texts = texts.unwrap_or_default();
        let none = texts.iter().any(|text| text == "None");
        texts.retain(|text| text != "None");
        texts.sort();
        texts.dedup();
        if texts.is_empty() {
            return self.spell(&InferredType::any(), ScopeId::MODULE).unwrap_or_default();
        }
        texts.extend(none.then(|| "None".to_owned()));
        texts.join(" | ")
    }

    /// The type of a value, if it is plain.
    pub(super) fn plain_type(&mut self, value: &Value) -> Option<String> {
        match value {
            Value::Builtin(name) => self.spell(&of_builtin(name), ScopeId::MODULE),
            Value::Call(path) => self.made_by(path),
            _ => None,
        }
    }

    /// The type of what calling `path` returns, where that is a class.
    fn made_by(&mut self, path: &str) -> Option<String> {
        if let Some(builtin) = result_of(path) {
            return self.spell(&of_builtin(builtin), ScopeId::MODULE);
        }
        let (first, last) = (path.split('.').next()?, path.rsplit('.').next()?);
        let is_name_of_class = last.starts_with(|c: char| c.is_ascii_uppercase())
            && last.contains(|c: char| c.is_ascii_lowercase());
        let (_, bindings) = self.file.source.lookup(ScopeId::MODULE, first)?;
        let is_class = bindings.iter().all(|binding| match binding {
            Binding::Class(_) => !path.contains('.'),
            Binding::Import { .. } | Binding::Module(_) => is_name_of_class,
            _ => false,
        });
        is_class.then(|| {
            self.uses(path);
            path.to_owned()
        })
    }
}
