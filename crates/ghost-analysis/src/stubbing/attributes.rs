//! Attributes that methods assign to their own object: a stub has no bodies to find them in.

use super::{Class, Stubber};
use crate::source::{Item, Stored, Value};

impl Stubber<'_> {
    /// One line per attribute that the class body does not mention, in alphabetical order.
    pub(super) fn attributes(&mut self, class: Class<'_>, body: &[Item]) -> Vec<String> {
        let file = self.file;
        let is_new = |name: &str| !body.iter().any(|item| item.name() == Some(name));
        let of_class = |stored: &&Stored| stored.class.as_deref() == Some(class.name);
        let mut names: Vec<&String> = file.outline.attributes.keys().collect();
        names.sort();
        let mut lines = Vec::new();
        for name in names {
            let all = file.outline.attributes.get(name).into_iter().flatten();
            let stored: Vec<&Stored> = all.filter(of_class).collect();
            if !stored.is_empty() && is_new(name) {
                let text = self.attribute_type(&stored);
                lines.push(format!("{name}: {text}"));
            }
        }
        lines
    }

    fn attribute_type(&mut self, stored: &[&Stored]) -> String {
        if let Some(written) = stored.iter().find_map(|it| it.annotation.as_ref()) {
            self.uses(written);
            return written.clone();
        }
        let mut texts = Some(Vec::new());
        for it in stored {
            for value in it.value.alternatives() {
                let text = match value {
                    Value::Name(name) => self.parameter_type(it.function, name),
                    other => self.plain_type(other),
                };
                texts = texts.zip(text).map(|(mut texts, text)| {
                    texts.push(text);
                    texts
                });
            }
        }
        self.union(texts)
    }

    /// The type of a parameter: as annotated, else as observed.
    fn parameter_type(&mut self, function: Option<usize>, name: &str) -> Option<String> {
        let offset = function?;
        let defined = *self.functions.get(&offset)?;
        let index = defined.parameters.iter().position(|it| it.name == name)?;
        let parameter = defined.parameters.get(index).filter(|it| !it.is_variadic())?;
        if let Some(written) = &parameter.annotation {
            self.uses(&written.text);
            return Some(written.text.clone());
        }
        let claims = self.claims(offset)?;
        let claim = claims.parameters.iter().find(|it| it.index == index)?.claim.as_ref().ok()?;
        let members = claim.members().to_vec();
        let texts: Option<Vec<String>> =
            members.iter().map(|member| self.spell(member, defined.scope)).collect();
        Some(texts?.join(" | "))
    }
}
