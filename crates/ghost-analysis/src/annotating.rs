//! Adds observed annotations to source text: edits of the text itself, never a reprint of it.
//!
//! Changes nothing that is annotated, and adds nothing but annotations and the imports they need. Reads and writes no
//! file.

mod decorators;
mod edit;
mod header;
mod spelling;

use crate::inference::{
    Claims, Demand, InferredType, Observation, Place, Project, ProjectFile, Purpose, Unclaimed,
    find_function,
};
use crate::source::{DefinedFunction, SourceError, SourceModule};
use edit::Edit;
pub(crate) use spelling::Spelling;

/// A file with annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotated {
    /// The whole text; the old one where nothing was added.
    pub text: String,
    /// How many annotations were added.
    pub added: usize,
    /// What was left out.
    pub left_out: Vec<LeftOut>,
    /// Qualified names of observed functions that are not where they were: the file was changed.
    pub missing: Vec<String>,
}

/// A parameter or return value that stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Line of the function.
    pub line: u32,
    /// The function.
    pub qualname: String,
    /// The parameter; `None` for the return value.
    pub parameter: Option<String>,
    /// Why.
    pub reason: Unclaimed,
}

/// Annotates a file. Fails where the result would not parse, which no known source does.
pub fn annotate(
    project: &Project<'_>,
    file: &ProjectFile,
    calls_min: u64,
) -> Result<Annotated, SourceError> {
    let mut annotator = Annotator::new(project, file, calls_min);
    for (place, observation) in project.observed(file) {
        annotator.function(place, observation);
    }
    annotator.finish()
}

/// The work on one file.
struct Annotator<'a> {
    project: &'a Project<'a>,
    file: &'a ProjectFile,
    demand: Demand,
    spelling: Spelling<'a>,
    edits: Vec<Edit>,
    done: Annotated,
    /// Whether annotations are evaluated only when somebody asks.
    evaluates_late: bool,
    /// Whether an annotation names something that may not be there when it is evaluated.
    is_late: bool,
}

impl<'a> Annotator<'a> {
    fn new(project: &'a Project<'a>, file: &'a ProjectFile, calls_min: u64) -> Self {
        Self {
            project,
            file,
            demand: Demand { calls_min, purpose: Purpose::Source },
            spelling: Spelling::new(file),
            edits: Vec::new(),
            done: Annotated::default(),
            evaluates_late: header::evaluates_late(file),
            is_late: false,
        }
    }

    fn function(&mut self, place: &Place, observation: &Observation) {
        let Some(function) = find_function(&self.file.source, place, observation) else {
            if !is_annotated(&self.file.source, &place.qualname) {
                self.done.missing.push(place.qualname.clone());
            }
            return;
        };
        let claims = self.project.claims(self.file, function, observation, self.demand);
        if let Some(reason) = decorators::objection(self.file, function) {
            self.leave_all_out(function, &claims, &reason);
            return;
        }
        for parameter in claims.parameters {
            let defined = &function.parameters[parameter.index];
            let (name, offset) = (Some(defined.name.clone()), defined.annotation_offset);
            if let Some(text) = self.spell(function, name, parameter.claim) {
                self.edits.extend(edit::parameter(self.file, offset, &text));
            }
        }
        if let (Some(claim), Some(offset)) = (claims.returns, function.returns_offset)
            && let Some(text) = self.spell(function, None, claim)
        {
            self.edits.push(Edit::insert(offset, format!(" -> {text}")));
        }
    }

    /// The annotation as text, or nothing and the reason noted.
    fn spell(
        &mut self,
        function: &DefinedFunction,
        parameter: Option<String>,
        claim: Result<InferredType, Unclaimed>,
    ) -> Option<String> {
        let spelled = claim.and_then(|claim| self.spelling.spell(&claim, function.scope));
        match spelled {
            Ok(spelled) => {
                self.done.added += 1;
                self.is_late |= !spelled.is_builtin;
                let quote = !spelled.is_builtin && !self.evaluates_late;
                Some(if quote { format!("\"{}\"", spelled.text) } else { spelled.text })
            }
            Err(reason) => {
                self.leave_out(function, parameter, reason);
                None
            }
        }
    }

    fn leave_all_out(&mut self, function: &DefinedFunction, claims: &Claims, reason: &Unclaimed) {
        for parameter in &claims.parameters {
            let name = function.parameters[parameter.index].name.clone();
            self.leave_out(function, Some(name), reason.clone());
        }
        if claims.returns.is_some() {
            self.leave_out(function, None, reason.clone());
        }
    }

    fn leave_out(
        &mut self,
        function: &DefinedFunction,
        parameter: Option<String>,
        reason: Unclaimed,
    ) {
        let (line, qualname) = (function.line, function.qualname.clone());
        self.done.left_out.push(LeftOut { line, qualname, parameter, reason });
    }

    fn finish(mut self) -> Result<Annotated, SourceError> {
        let imports = self.spelling.imports();
        self.edits.extend(header::edits(self.file, &imports, self.is_late));
        self.done.text = edit::apply(&self.file.text, self.edits);
        self.done.left_out.sort_by(|a, b| (a.line, &a.qualname).cmp(&(b.line, &b.qualname)));
        SourceModule::parse(&self.done.text)?;
        Ok(self.done)
    }
}

/// Whether all functions of this name have all annotations, so that nobody misses them.
fn is_annotated(source: &SourceModule, qualname: &str) -> bool {
    let mut named = source.functions_named(qualname).peekable();
    named.peek().is_some()
        && named.all(|function| {
            let bound = usize::from(function.class.is_some());
            let mut parameters = function.parameters.iter().skip(bound);
            function.returns.is_some()
                && parameters.all(|it| it.annotation.is_some() || it.is_variadic())
        })
}
