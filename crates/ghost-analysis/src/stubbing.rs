//! Stubs: the signatures of a module as the source has them, with what was observed where it says
//! nothing.
//!
//! Everything that is annotated stays as it is written; bodies, docstrings and decorators that change no
//! type are left out. Reads and writes no file.

mod attributes;
mod imports;
mod signature;
mod values;

use std::collections::{BTreeSet, HashMap};

use crate::annotating::Spelling;
use crate::inference::{
    Claims, Demand, InferredType, Observation, Project, ProjectFile, Purpose, find_function,
};
use crate::source::{DefinedFunction, Item, ScopeId, Skeleton, SourceError, SourceModule};

/// The first line of every stub.
const HEADING: &str =
    "# Made by `ghost stubs` from what was observed: types that nobody saw are missing.";

/// A stub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stub {
    /// Its text.
    pub text: String,
    /// How many annotations are not from the source.
    pub added: usize,
}

/// Makes the stub of a file. Fails where the result would not parse, which no known source does.
pub fn stub(
    project: &Project<'_>,
    file: &ProjectFile,
    calls_min: u64,
) -> Result<Stub, SourceError> {
    let skeleton = Skeleton::parse(&file.text)?;
    let mut stubber = Stubber::new(project, file, calls_min);
    let mut body = stubber.block(&skeleton.items, "", None);
    let mut text = format!("{HEADING}\n");
    for line in stubber.import_lines(&skeleton) {
        text.push_str(&line);
        text.push('\n');
    }
    if !body.is_empty() {
        body.insert(0, String::new());
    }
    for line in body {
        text.push_str(&line);
        text.push('\n');
    }
    SourceModule::parse(&text)?;
    Ok(Stub { text, added: stubber.added })
}

/// The work on one file.
struct Stubber<'a> {
    project: &'a Project<'a>,
    file: &'a ProjectFile,
    demand: Demand,
    spelling: Spelling<'a>,
    /// By [`DefinedFunction::returns_offset`].
    functions: HashMap<usize, &'a DefinedFunction>,
    observed: HashMap<usize, &'a Observation>,
    /// Names that the stub reads.
    used: BTreeSet<String>,
    added: usize,
}

/// The class around a place.
#[derive(Clone, Copy)]
struct Class<'a> {
    name: &'a str,
    is_enumeration: bool,
}

impl<'a> Stubber<'a> {
    fn new(project: &'a Project<'a>, file: &'a ProjectFile, calls_min: u64) -> Self {
        let functions = file.source.functions.iter();
        let functions = functions.filter_map(|it| Some((it.returns_offset?, it))).collect();
        let observed = project.observed(file).filter_map(|(place, observation)| {
            let function = find_function(&file.source, place, observation)?;
            Some((function.returns_offset?, observation))
        });
        Self {
            project,
            file,
            demand: Demand { calls_min, purpose: Purpose::Stub },
            spelling: Spelling::new(file),
            functions,
            observed: observed.collect(),
            used: BTreeSet::new(),
            added: 0,
        }
    }

    /// The lines of a block.
    fn block(&mut self, items: &[Item], indent: &str, class: Option<Class<'_>>) -> Vec<String> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for name in items.iter().filter_map(Item::name) {
            *counts.entry(name).or_default() += 1;
        }
        let mut lines = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let is_only = item.name().is_none_or(|name| counts.get(name) == Some(&1));
            let is_left_out = !is_only
                && (self.is_replaced(item, &items[at + 1..])
                    || self.is_implementation(item, items));
            if !is_left_out {
                lines.extend(self.item(item, indent, class));
            }
        }
        lines
    }

    fn item(&mut self, item: &Item, indent: &str, class: Option<Class<'_>>) -> Vec<String> {
        match item {
            Item::Import { text, .. } if !indent.is_empty() => vec![format!("{indent}{text}")],
            // At the top, once it is known what is used.
            Item::Import { .. } => Vec::new(),
            Item::Kept { text, .. } => {
                self.uses(text);
                vec![format!("{indent}{text}")]
            }
            Item::Variable { name, annotation, value } => {
                let text = self.variable(name, annotation.as_deref(), value.as_ref(), class);
                vec![format!("{indent}{text}")]
            }
            Item::Function { name, offset, decorators, type_parameters } => {
                let definition = format!("{name}{type_parameters}");
                self.uses(type_parameters);
                self.function(*offset, decorators, &definition, indent)
            }
            Item::Class { name, decorators, header, body } => {
                self.class(name, decorators, header, body, indent)
            }
            Item::Branch { test, body, orelse } => self.branch(test, body, orelse, indent),
        }
    }

    fn class(
        &mut self,
        name: &str,
        decorators: &[String],
        header: &str,
        body: &[Item],
        indent: &str,
    ) -> Vec<String> {
        let mut lines = self.decorators(decorators, indent);
        self.uses(header);
        let inner = format!("{indent}    ");
        let bases = header.split_once('(').map_or("", |(_, bases)| bases);
        let is_enumeration = bases
            .split([',', ')', '.', ' '])
            .any(|base| base.ends_with("Enum") || base == "Flag" || base == "IntFlag");
        let class = Class { name, is_enumeration };
        let mut content = if is_enumeration { Vec::new() } else { self.attributes(class, body) };
        for line in &mut content {
            line.insert_str(0, &inner);
        }
        content.extend(self.block(body, &inner, Some(class)));
        if content.is_empty() {
            lines.push(format!("{indent}class {header}: ..."));
        } else {
            lines.push(format!("{indent}class {header}:"));
            lines.extend(content);
        }
        lines
    }

    fn branch(&mut self, test: &str, body: &[Item], orelse: &[Item], indent: &str) -> Vec<String> {
        self.uses(test);
        let inner = format!("{indent}    ");
        let mut lines = vec![format!("{indent}if {test}:")];
        let or_pass = |lines: Vec<String>| {
            if lines.is_empty() { vec![format!("{inner}pass")] } else { lines }
        };
        let body = self.block(body, &inner, None);
        lines.extend(or_pass(body));
        if !orelse.is_empty() {
            lines.push(format!("{indent}else:"));
            let orelse = self.block(orelse, &inner, None);
            lines.extend(or_pass(orelse));
        }
        lines
    }

    /// Whether a later definition of the same name takes its place.
    fn is_replaced(&self, item: &Item, later: &[Item]) -> bool {
        let Item::Function { name, .. } = item else {
            let same = |other: &Item| other.name().is_some() && other.name() == item.name();
            let is_variable = matches!(item, Item::Variable { annotation: None, .. });
            return is_variable && later.iter().any(same);
        };
        later.iter().any(|other| match other {
            Item::Function { name: same, decorators, .. } => {
                let belongs = |it: &String| it.starts_with(&format!("@{name}."));
                same == name && !decorators.iter().any(belongs) && !self.is_overload(item)
            }
            _ => false,
        })
    }

    /// Whether it is the body behind overloads, which no caller sees.
    fn is_implementation(&self, item: &Item, all: &[Item]) -> bool {
        let same = |other: &&Item| other.name() == item.name();
        let is_function = matches!(item, Item::Function { .. });
        let mut overloads = all.iter().filter(same).filter(|other| self.is_overload(other));
        is_function && !self.is_overload(item) && overloads.next().is_some()
    }

    fn is_overload(&self, item: &Item) -> bool {
        let Item::Function { offset, .. } = item else { return false };
        self.functions.get(offset).is_some_and(|function| function.is_overload())
    }

    /// Writes an inferred type.
    fn spell(&mut self, inferred: &InferredType, scope: ScopeId) -> Option<String> {
        let text = self.spelling.spell(inferred, scope).ok()?.text;
        self.uses(&text);
        Some(text)
    }

    fn claims(&self, offset: usize) -> Option<Claims> {
        let (function, observation) = (self.functions.get(&offset)?, self.observed.get(&offset)?);
        Some(self.project.claims(self.file, function, observation, self.demand))
    }

    /// Notes every name in a text.
    fn uses(&mut self, text: &str) {
        let names = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        self.used.extend(names.filter(|name| !name.is_empty()).map(ToOwned::to_owned));
    }
}
