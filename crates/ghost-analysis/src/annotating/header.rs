//! What is added at the top of a file: imports for type checkers only, so that the program imports
//! no more than before.

use super::edit::Edit;
use crate::inference::ProjectFile;
use crate::source::{Binding, ScopeId, SourceModule};

/// Whether annotations of the file are, or will be, evaluated only when somebody asks.
///
/// `from __future__ import annotations` turns all annotations of a file into text. That is added
/// only where there are none that somebody may read; elsewhere the new ones are quoted.
pub(super) fn evaluates_late(file: &ProjectFile) -> bool {
    has_future(&file.source) || can_have_future(file)
}

/// The edits. `is_late` says whether any annotation wants to be evaluated late.
pub(super) fn edits(file: &ProjectFile, imports: &[String], is_late: bool) -> Vec<Edit> {
    let newline = newline(&file.text);
    let mut edits = Vec::new();
    if is_late && !has_future(&file.source) && can_have_future(file) {
        let line = ["from __future__ import annotations".to_owned()];
        edits.extend(file.outline.header.future.map(|at| block(&file.text, at, &line, newline)));
    }
    if !imports.is_empty() {
        edits.extend(import_edit(file, imports, newline));
    }
    edits
}

fn import_edit(file: &ProjectFile, imports: &[String], newline: &str) -> Option<Edit> {
    let header = &file.outline.header;
    if let Some((at, indent)) = &header.type_checking {
        let lines = imports.iter().map(|import| format!("{indent}{import}{newline}"));
        return Some(Edit::insert(*at, lines.collect()));
    }
    let (test, import) = type_checking(&file.source);
    let mut lines: Vec<String> = import.into_iter().collect();
    lines.extend([String::new(), format!("if {test}:")]);
    lines.extend(imports.iter().map(|import| format!("    {import}")));
    Some(block(&file.text, header.import?, &lines, newline))
}

/// What the file calls `TYPE_CHECKING`, and the import it takes to call it so.
fn type_checking(source: &SourceModule) -> (String, Option<String>) {
    const NAME: &str = "TYPE_CHECKING";
    let bound = |name: &str| source.lookup(ScopeId::MODULE, name).map(|(_, bindings)| bindings);
    let is_typing =
        |binding: &Binding| matches!(binding, Binding::Module(module) if module == "typing");
    if bound(NAME).is_some() {
        return (NAME.into(), None);
    }
    if bound("typing").is_some_and(|bindings| bindings.iter().all(is_typing)) {
        return (format!("typing.{NAME}"), None);
    }
    (NAME.into(), Some(format!("from typing import {NAME}")))
}

/// Lines with an empty one before and after, unless there is one.
fn block(text: &str, at: usize, lines: &[String], newline: &str) -> Edit {
    let (before, after) = text.split_at(at);
    let last = before.trim_end_matches(['\r', '\n']);
    let gap = before[last.len()..].matches('\n').count();
    let is_import = last.rsplit('\n').next().is_some_and(is_import_line);
    let starts_empty = lines.first().is_some_and(String::is_empty);
    let continues = lines.first().is_some_and(|line| is_import && is_import_line(line));
    let wants_gap = !(last.is_empty() || starts_empty || continues);
    let mut added = String::new();
    // The last line of a file may have no end.
    if !last.is_empty() && gap == 0 && !before.ends_with('\r') {
        added.push_str(newline);
    }
    if wants_gap && gap < 2 {
        added.push_str(newline);
    }
    let skip = usize::from(starts_empty && gap > 1);
    for line in &lines[skip..] {
        added.push_str(line);
        added.push_str(newline);
    }
    let follows = after.chars().next().is_some_and(|c| c != '\n' && c != '\r');
    if follows {
        added.push_str(newline);
    }
    Edit::insert(at, added)
}

fn is_import_line(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("from ")
}

fn has_future(source: &SourceModule) -> bool {
    let bindings = source.scopes.first().and_then(|scope| scope.bindings.get("annotations"));
    let is_future = |binding: &Binding| matches!(binding, Binding::Import { module, .. } if module == "__future__");
    bindings.is_some_and(|bindings| bindings.iter().any(is_future))
}

/// Whether nothing could notice it: no annotations, and no code made from text, which inherits it.
fn can_have_future(file: &ProjectFile) -> bool {
    let source = &file.source;
    let is_annotated = |binding: &Binding| matches!(binding, Binding::Annotated { .. });
    let mut bindings = source.scopes.iter().flat_map(|scope| scope.bindings.values().flatten());
    let functions = source.functions.iter().any(|function| {
        function.returns.is_some() || function.parameters.iter().any(|it| it.annotation.is_some())
    });
    let fields = source.classes.iter().any(|class| !class.fields.is_empty());
    let has_place = file.outline.header.future.is_some();
    has_place
        && !file.outline.header.compiles
        && !functions
        && !fields
        && !bindings.any(is_annotated)
        && source.lookup(ScopeId::MODULE, "annotations").is_none()
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
