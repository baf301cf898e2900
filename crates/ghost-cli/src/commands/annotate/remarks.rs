//! What `ghost annotate` says beside the difference: how much was added, what was left out and why.

use std::collections::BTreeMap;

use ghost_analysis::annotating::{Annotated, LeftOut};

use super::ReadFile;
use crate::output::number::counted;

type File<'a> = (&'a ReadFile, Annotated);

/// `12 annotations in 3 files`, and how to apply them.
pub(super) fn summary(annotated: &[File<'_>], is_written: bool) -> String {
    let changed = annotated.iter().filter(|(_, it)| it.added > 0);
    let (files, added) = changed.fold((0, 0), |(n, sum), (_, it)| (n + 1, sum + it.added));
    if added == 0 {
        return "nothing to annotate".into();
    }
    let added = counted(added as u64, "annotation", "annotations");
    let files = counted(files, "file", "files");
    let hint = if is_written { "" } else { " (`--write` adds them)" };
    format!("{added} in {files}{hint}")
}

/// One line per file with functions that are not where they were.
pub(super) fn missing(annotated: &[File<'_>]) -> Vec<String> {
    let missing = annotated.iter().filter(|(_, it)| !it.missing.is_empty());
    missing.map(|(read, it)| missing_line(read, &it.missing)).collect()
}

fn missing_line(read: &ReadFile, missing: &[String]) -> String {
    let count = counted(missing.len() as u64, "function is", "functions are");
    let (first, path) = (missing.first().map_or("", String::as_str), read.path.display());
    format!("`{path}` changed since it ran: {count} not at the same line, `{first}` first")
}

/// One line per reason, with the first place of each.
pub(super) fn left_out(annotated: &[File<'_>]) -> Vec<String> {
    let mut by_reason: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for (read, left_out) in all_left_out(annotated) {
        let first = || place(read, left_out);
        let slot = by_reason.entry(left_out.reason.to_string()).or_insert_with(|| (0, first()));
        slot.0 += 1;
    }
    let mut reasons: Vec<(String, (u64, String))> = by_reason.into_iter().collect();
    reasons.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let line = |(reason, (count, first)): (String, (u64, String))| match count {
        1 => format!("left out {first}: {reason}"),
        _ => format!("left out {count} places, {first} first: {reason}"),
    };
    reasons.into_iter().map(line).collect()
}

/// One line per place.
pub(super) fn each_left_out(annotated: &[File<'_>]) -> Vec<String> {
    let all = all_left_out(annotated);
    all.map(|(read, it)| format!("left out {}: {}", place(read, it), it.reason)).collect()
}

fn all_left_out<'a>(
    annotated: &'a [File<'a>],
) -> impl Iterator<Item = (&'a ReadFile, &'a LeftOut)> {
    annotated.iter().flat_map(|(read, it)| it.left_out.iter().map(move |left| (*read, left)))
}

/// `cart.py:12 Cart.add(price)`
fn place(read: &ReadFile, left_out: &LeftOut) -> String {
    let (path, line, qualname) = (read.path.display(), left_out.line, &left_out.qualname);
    match &left_out.parameter {
        Some(parameter) => format!("{path}:{line} {qualname}({parameter})"),
        None => format!("{path}:{line} {qualname}() ->"),
    }
}
