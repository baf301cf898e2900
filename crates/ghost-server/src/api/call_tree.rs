//! `GET /api/v1/sessions/{session}/call-tree`: who calls whom, and where time goes, as a tree.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use ghost_analysis::call_tree::TreeCut;
use ghost_model::FunctionId;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use crate::security::Problem;
use crate::sessions::{FunctionAddress, SessionView, TreeNode, estimated_tree, exact_tree};
use crate::state::AppState;

/// Nodes that are sent, at most.
const LIMIT_MAX: usize = 10_000;
/// Nodes that are sent where nobody says how many: more than a screen has columns.
const LIMIT: usize = 2_000;
/// Below the root, at most: readers of nested documents have bounds of their own.
const DEPTH_MAX: usize = 64;
/// Of the whole time, at least, where nobody says how much: less is no pixel.
const MIN_SHARE: f64 = 0.001;

/// The route.
pub(crate) fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/api/v1/sessions/{session}/call-tree", get(call_tree))
}

/// A tree of calls.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallTreeAnswer {
    root: CallTreeNode,
    /// Whether the session kept a call tree; else counts and times are estimates from who called whom.
    is_exact: bool,
    total_ns: u64,
    version: String,
}

/// A function below its caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallTreeNode {
    /// The same for the same chain of callers.
    node_id: String,
    /// Null for the root, which is no function.
    #[schema(required)]
    function_id: Option<String>,
    name: String,
    call_count: u64,
    total_ns: u64,
    self_ns: u64,
    /// The most expensive first.
    #[schema(no_recursion)]
    children: Vec<CallTreeNode>,
    /// Callees that are not among the children.
    #[schema(minimum = 0)]
    elided_count: usize,
}

fn answer(view: &SessionView, root: Option<FunctionId>, cut: TreeCut) -> CallTreeAnswer {
    let is_exact = !view.live.call_tree.is_empty();
    let nodes = if is_exact {
        exact_tree(&view.live.call_tree, root, cut)
    } else {
        estimated_tree(view.recording(), view.callees(), root, cut)
    };
    let root = nested(view, &nodes);
    CallTreeAnswer { is_exact, total_ns: root.total_ns, root, version: view.version.clone() }
}

/// From the last node to the first: every node has all its children when it goes to its caller.
fn nested(view: &SessionView, nodes: &[TreeNode]) -> CallTreeNode {
    let ids = node_ids(view, nodes);
    let mut made: Vec<CallTreeNode> =
        nodes.iter().zip(ids).map(|(node, id)| sent(view, node, id)).collect();
    for place in (1..nodes.len()).rev() {
        let Some(mut node) = made.pop() else { break };
        sort(&mut node.children);
        let parent = nodes.get(place).and_then(|node| node.parent);
        if let Some(parent) = parent.and_then(|place| made.get_mut(place)) {
            parent.children.push(node);
        }
    }
    let mut root = made.pop().unwrap_or_else(nothing);
    sort(&mut root.children);
    root
}

fn sort(children: &mut [CallTreeNode]) {
    children.sort_by(|a, b| {
        b.total_ns.cmp(&a.total_ns).then_with(|| a.function_id.cmp(&b.function_id))
    });
}

fn node_ids(view: &SessionView, nodes: &[TreeNode]) -> Vec<u64> {
    let mut ids: Vec<u64> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let above = node.parent.and_then(|parent| ids.get(parent)).copied().unwrap_or(0);
        let address = FunctionAddress::of(view.recording().function(node.function));
        ids.push(address.below(above));
    }
    ids
}

fn sent(view: &SessionView, node: &TreeNode, id: u64) -> CallTreeNode {
    let function = view.recording().function(node.function);
    let is_function = node.function != FunctionId::ROOT;
    CallTreeNode {
        node_id: format!("{id:016x}"),
        function_id: is_function.then(|| FunctionAddress::of(function).to_string()),
        name: function.key.qualname.clone(),
        call_count: node.call_count.round() as u64,
        total_ns: node.total_ns.round() as u64,
        self_ns: node.self_ns.round() as u64,
        children: Vec::new(),
        elided_count: node.elided_count,
    }
}

fn nothing() -> CallTreeNode {
    CallTreeNode {
        node_id: format!("{:016x}", 0),
        function_id: None,
        name: "<root>".into(),
        call_count: 0,
        total_ns: 0,
        self_ns: 0,
        children: Vec::new(),
        elided_count: 0,
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/sessions/{session}/call-tree",
    description = "Who calls whom, and where time goes. The most expensive branches are unfolded first.",
    params(
        ("root" = Option<String>, Query, pattern = "^[0-9a-f]{16}$", description = "The function at the root; all entries into the program where it is not given"),
        ("depth" = Option<u32>, Query, minimum = 1, maximum = 64, description = "Levels below the root, at most (64)"),
        ("min_share" = Option<f64>, Query, minimum = 0, maximum = 1, description = "Of the whole time, at least (0.001)"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 10000, description = "Nodes in all, at most (2000)"),
    ),
    responses((status = 200, body = CallTreeAnswer))
)]
pub(crate) async fn call_tree(mut asked: Asked) -> Result<Response, Problem> {
    let parameters = &mut asked.parameters;
    let root = parameters.take("root").map(|text| {
        let wanted = "must be the sixteen hexadecimal digits of a function";
        FunctionAddress::parse(&text).ok_or_else(|| Problem::bad_parameter("root", wanted))
    });
    let root = root.transpose()?;
    let cut = TreeCut {
        depth: parameters.number("depth", 1..=DEPTH_MAX)?.unwrap_or(DEPTH_MAX),
        min_share: parameters.share("min_share")?.unwrap_or(MIN_SHARE),
        limit: parameters.number("limit", 1..=LIMIT_MAX)?.unwrap_or(LIMIT),
    };
    let (view, known) = asked.view().await?;
    let version = view.version.clone();
    let make = move || {
        let unknown = || Problem::not_found("no such function in this session");
        let root = root.map(|root| view.function_at(root).ok_or_else(unknown)).transpose()?;
        Ok(answer(&view, root, cut))
    };
    known.or_made(&version, make).await
}
