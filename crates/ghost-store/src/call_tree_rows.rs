//! The call tree of each process as rows, one per node.
//!
//! A node keeps the number it has in its ledger, so that writing it again replaces it. Those where
//! nothing was counted, neither there nor below, have no row.

use std::collections::HashMap;

use ghost_model::{CallTree, CallTreeNode, FunctionId};
use rusqlite::{Connection, params};

use crate::recording_rows;
use crate::unsigned::Unsigned;

/// The version with which the call tree came.
pub(crate) const CALL_TREE_SINCE: i64 = 6;

/// Tables a session file must have from then on.
pub(crate) const TABLES_OF_CALL_TREE: [&str; 1] = ["call_tree_nodes"];

/// What a new file gets after the other tables, and an older one when it is written to.
pub(crate) const CALL_TREE: &str = "
-- Where each function ran, by the path of its observed callers; only with `--tree`.
CREATE TABLE call_tree_nodes (
    process_id  INTEGER NOT NULL,
    node_id     INTEGER NOT NULL,   -- larger than that of the node above
    parent_id   INTEGER NOT NULL,   -- node_id of the node above; 0: none
    function_id INTEGER NOT NULL,
    call_count  INTEGER NOT NULL,
    total_ns    INTEGER NOT NULL,
    self_ns     INTEGER NOT NULL,
    PRIMARY KEY (process_id, node_id)
) WITHOUT ROWID;
";

/// Writes the nodes of a process that differ from what was written; `functions` are the session's, by
/// the ledger's numbers. Tells whether there were any.
pub(crate) fn write(
    conn: &Connection,
    process_id: i64,
    functions: &[FunctionId],
    [before, now]: [&CallTree; 2],
) -> rusqlite::Result<bool> {
    if before == now {
        return Ok(false);
    }
    let (was_used, is_used) = (before.used(), now.used());
    let sql = "INSERT OR REPLACE INTO call_tree_nodes VALUES (?, ?, ?, ?, ?, ?, ?)";
    let mut insert = conn.prepare_cached(sql)?;
    let mut has_written = false;
    for (place, node) in now.nodes().iter().enumerate().skip(1) {
        let is_written =
            was_used.get(place) == Some(&true) && before.nodes().get(place) == Some(node);
        if is_written || !is_used[place] {
            continue;
        }
        let function_id = functions.get(node.function.index()).copied().unwrap_or_default();
        insert.execute(params![
            process_id,
            Unsigned(place as u64),
            node.parent,
            function_id.0,
            Unsigned(node.call_count),
            Unsigned(node.total_ns),
            Unsigned(node.self_ns),
        ])?;
        has_written = true;
    }
    Ok(has_written)
}

/// The call trees of these processes together; of all where `process_ids` is `None`. A node that is below
/// one that comes after it, or is none of its process, is the root's.
pub(crate) fn merged(conn: &Connection, process_ids: Option<&[i64]>) -> rusqlite::Result<CallTree> {
    let mut trees: Vec<(i64, Rows)> = Vec::new();
    let sql = "SELECT process_id, node_id, parent_id, function_id, call_count, self_ns
                 FROM call_tree_nodes ORDER BY process_id, node_id";
    recording_rows::each(conn, sql, |row| {
        let process_id: i64 = row.get(0)?;
        if process_ids.is_some_and(|wanted| !wanted.contains(&process_id)) {
            return Ok(());
        }
        if trees.last().is_none_or(|(last, _)| *last != process_id) {
            trees.push((process_id, Rows::default()));
        }
        let (Unsigned(call_count), Unsigned(self_ns)) = (row.get(4)?, row.get(5)?);
        let function = FunctionId(row.get(3)?);
        let node = CallTreeNode { function, call_count, self_ns, ..CallTreeNode::default() };
        if let Some((_, rows)) = trees.last_mut() {
            rows.add(row.get(1)?, row.get(2)?, node);
        }
        Ok(())
    })?;
    // Functions are numbered without gaps.
    let count: u32 = conn.query_row("SELECT count(*) FROM functions", [], |row| row.get(0))?;
    let known = |id: FunctionId| if id.0 < count { id } else { FunctionId::ROOT };
    let mut merged = CallTree::default();
    for (_, rows) in trees {
        merged.merge(&CallTree::of(rows.nodes), known);
    }
    Ok(merged)
}

/// The nodes of one process, closed up.
struct Rows {
    nodes: Vec<CallTreeNode>,
    places: HashMap<i64, u32>,
}

impl Default for Rows {
    fn default() -> Self {
        Self { nodes: vec![CallTreeNode::default()], places: HashMap::new() }
    }
}

impl Rows {
    fn add(&mut self, node_id: i64, parent_id: i64, node: CallTreeNode) {
        let parent = self.places.get(&parent_id).copied().unwrap_or(0);
        self.places.insert(node_id, self.nodes.len() as u32);
        self.nodes.push(CallTreeNode { parent, ..node });
    }
}
