//! `GET /api/v1/sessions/{session}/functions/{function_id}`: everything that was recorded of one function.

use std::cmp::Reverse;
use std::path::{Component, Path};
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_analysis::explain::Excerpt;
use ghost_model::{Function, FunctionId, FunctionKind, Profile, bucket_upper_ns};
use ghost_store::SourceFolders;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::functions::FunctionItem;
use crate::security::Problem;
use crate::sessions::{FunctionAddress, FunctionRow, SessionView};
use crate::state::AppState;

/// Callers, callees, types and the like that are sent of each, the most frequent first; what is beyond is counted.
const ENTRIES_MAX: usize = 200;

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/functions/{function_id}", get(function))
}

/// One function with everything that was recorded of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FunctionDetail {
    #[serde(flatten)]
    function: FunctionItem,
    /// Declared parameters, comma separated.
    parameters: String,
    /// Standard error of `call_count`; 0 where it is exact.
    call_count_se: u64,
    /// Time on the stack of every activation, suspensions left out.
    running_ns: u64,
    signatures: Vec<NamedCount>,
    returned_types: Vec<NamedCount>,
    yielded_types: Vec<NamedCount>,
    /// Exceptions that left it.
    exceptions: Vec<ExceptionEntry>,
    /// Exceptions that a handler of it ended.
    handled_types: Vec<NamedCount>,
    latency_buckets: Vec<LatencyBucket>,
    callers: Vec<EdgeEntry>,
    callees: Vec<EdgeEntry>,
    /// Callers and callees that are not listed here.
    #[schema(minimum = 0)]
    elided_count: usize,
    /// Its lines, where its file is there and was not changed since.
    #[schema(required)]
    source: Option<SourceLines>,
    version: String,
}

/// How often something was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NamedCount {
    name: String,
    count: u64,
}

/// Exceptions of one type, and where they ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExceptionEntry {
    exception_type: String,
    count: u64,
    /// Whether another function ended them.
    is_swallowed: bool,
    /// Who ended them; null while nobody has.
    #[schema(required)]
    caught_by: Option<FunctionReference>,
}

/// Latencies above `lower_ns`, up to and including `upper_ns`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LatencyBucket {
    lower_ns: u64,
    upper_ns: u64,
    count: u64,
}

/// A function that is named beside another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FunctionReference {
    /// Null for the entry of a thread or a call from C, which is no function.
    #[schema(required)]
    pub(crate) function_id: Option<String>,
    pub(crate) qualname: String,
    pub(crate) module: String,
    pub(crate) line: u32,
    pub(crate) is_external: bool,
}

/// A caller or callee.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EdgeEntry {
    #[serde(flatten)]
    function: FunctionReference,
    /// Calls between the two.
    call_count: u64,
}

/// Lines of a source file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceLines {
    first_line: u32,
    lines: Vec<String>,
    /// Lines left out at the end.
    #[schema(minimum = 0)]
    cut_count: usize,
}

impl FunctionReference {
    /// A function of a recording.
    pub(crate) fn of(id: FunctionId, function: &Function) -> Self {
        let is_function = id != FunctionId::ROOT;
        Self {
            function_id: is_function.then(|| FunctionAddress::of(function).to_string()),
            qualname: function.key.qualname.clone(),
            module: function.key.module.clone(),
            line: function.key.line,
            is_external: function.kind == FunctionKind::External,
        }
    }
}

fn detail(view: &SessionView, id: FunctionId) -> FunctionDetail {
    let recording = view.recording();
    let function = recording.function(id);
    let nothing = Profile::default();
    let profile = recording.profiles.get(id.index()).unwrap_or(&nothing);
    let types = |counts: &[(ghost_model::TypeId, u64)]| {
        let counts = counts.iter();
        named(counts.map(|(id, count)| (view.labels.type_name(*id).to_owned(), *count)))
    };
    let signatures = profile.args.iter();
    let signatures = signatures.map(|(types, count)| (view.labels.signature(types), *count));
    let (above, above_elided) = edges(view, &profile.callers);
    let (below, below_elided) = edges(view, view.callees().by(id));
    FunctionDetail {
        function: FunctionItem::new(view, &FunctionRow::new(id, function, profile)),
        parameters: function.parameters.clone(),
        call_count_se: profile.call_count_se,
        running_ns: profile.running_ns,
        signatures: named(signatures),
        returned_types: types(&profile.returns),
        yielded_types: types(&profile.yields),
        exceptions: exceptions(view, profile),
        handled_types: types(&profile.handled),
        latency_buckets: latency_buckets(profile),
        callers: above,
        callees: below,
        elided_count: above_elided + below_elided,
        source: source(view, function),
        version: view.version.clone(),
    }
}

/// The commonest first, each name once.
fn named(counts: impl Iterator<Item = (String, u64)>) -> Vec<NamedCount> {
    let mut sums: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for (name, count) in counts {
        let sum = sums.entry(name).or_default();
        *sum = sum.saturating_add(count);
    }
    let mut named: Vec<NamedCount> =
        sums.into_iter().map(|(name, count)| NamedCount { name, count }).collect();
    named.sort_by_key(|it| Reverse(it.count));
    named.truncate(ENTRIES_MAX);
    named
}

fn exceptions(view: &SessionView, profile: &Profile) -> Vec<ExceptionEntry> {
    let mut entries: Vec<ExceptionEntry> = profile
        .exceptions
        .iter()
        .map(|raised| ExceptionEntry {
            exception_type: view.labels.type_name(raised.exception).to_owned(),
            count: raised.count,
            is_swallowed: raised.caught_by.is_some(),
            caught_by: raised
                .caught_by
                .map(|id| FunctionReference::of(id, view.recording().function(id))),
        })
        .collect();
    entries.sort_by(|a, b| {
        let order = |it: &ExceptionEntry| (Reverse(it.is_swallowed), Reverse(it.count));
        order(a).cmp(&order(b)).then_with(|| a.exception_type.cmp(&b.exception_type))
    });
    entries.truncate(ENTRIES_MAX);
    entries
}

fn latency_buckets(profile: &Profile) -> Vec<LatencyBucket> {
    let edge = |index: u32| bucket_upper_ns(index) as u64;
    let bucket = |(index, count): (u32, u64)| LatencyBucket {
        lower_ns: index.checked_sub(1).map_or(0, edge),
        upper_ns: edge(index),
        count,
    };
    profile.latency.buckets().map(bucket).collect()
}

/// The most frequent ones, and how many more there are.
fn edges(view: &SessionView, counts: &[(FunctionId, u64)]) -> (Vec<EdgeEntry>, usize) {
    let mut counts = counts.to_vec();
    counts.sort_by_key(|(id, count)| {
        (Reverse(*count), FunctionAddress::of(view.recording().function(*id)))
    });
    let entry = |&(id, call_count): &(FunctionId, u64)| EdgeEntry {
        function: FunctionReference::of(id, view.recording().function(id)),
        call_count,
    };
    let shown = counts.iter().take(ENTRIES_MAX).map(entry).collect();
    (shown, counts.len().saturating_sub(ENTRIES_MAX))
}

/// Only lines of a Python file that is where the session says and was not written since: anything else could be
/// something nobody recorded.
fn source(view: &SessionView, function: &Function) -> Option<SourceLines> {
    let file = Path::new(&function.file);
    let is_python = file.extension().is_some_and(|extension| extension == "py");
    let is_straight = !file.components().any(|part| part == Component::ParentDir);
    if !is_python || !is_straight || function.key.line == 0 {
        return None;
    }
    let read = SourceFolders::of(&view.live.session).read([function.file.as_str()]);
    let (_, text) = read.texts.into_iter().next().filter(|_| read.changed.is_empty())?;
    let excerpt = Excerpt::new(&text, &function.key).filter(|excerpt| !excerpt.has_moved)?;
    let Excerpt { first_line, lines, cut_count, .. } = excerpt;
    Some(SourceLines { first_line, lines, cut_count })
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/functions/{function_id}",
    description = "Everything that was recorded of one function.",
    params(("function_id" = String, Path, description = "Sixteen hexadecimal digits, as `functions` lists them")),
    responses((status = 200, body = FunctionDetail))
)]
pub(crate) async fn function(asked: Asked) -> Result<Response, Problem> {
    let address = FunctionAddress::parse(asked.part(1));
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    known
        .or_made(&version, move || {
            let id = address.and_then(|address| view.function_at(address));
            let id = id.ok_or_else(|| Problem::not_found("no such function in this session"))?;
            Ok(detail(&view, id))
        })
        .await
}
