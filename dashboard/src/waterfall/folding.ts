/**
 * Siblings that are alike as one entry, as `ghost trace` shows them: what a loop did is one line, not a page.
 *
 * The entries keep what they are made of, so each can be unfolded again. Requests are never alike: each is a story
 * of its own.
 */

import { endOf, nodeName, type TraceNode } from "./trace_node";

/** One or several alike. */
export interface Entry {
  /** Which entry this is within its trace. */
  readonly key: string;
  readonly nodes: readonly TraceNode[];
  readonly first: TraceNode;
  readonly start: number;
  readonly end: number;
  readonly durationNs: number;
  readonly selfNs: number;
  readonly rowCount: number | null;
  readonly isCritical: boolean;
}

/** Siblings as entries, in the order in which each kind began. */
export function folded(nodes: readonly TraceNode[], above: string): Entry[] {
  const alike = new Map<string, TraceNode[]>();
  nodes.forEach((node, position) => {
    const likeness = node.kind === "request" ? `#${position}` : likenessOf(node);
    const group = alike.get(likeness);
    if (group === undefined) alike.set(likeness, [node]);
    else group.push(node);
  });
  return [...alike.values()].map((group, position) => entryOf(group, `${above}.${position}`));
}

/** The members of an entry, each by itself. */
export function unfolded(entry: Entry): Entry[] {
  return entry.nodes.map((node, position) => entryOf([node], `${entry.key}#${position}`));
}

function likenessOf(node: TraceNode): string {
  const parts = [node.kind, node.is_sampled_call ?? false, node.is_error ?? false, nodeName(node)];
  return JSON.stringify([...parts, node.method, node.collection]);
}

function entryOf(nodes: readonly TraceNode[], key: string): Entry {
  const sum = (value: (node: TraceNode) => number) => nodes.reduce((all, node) => all + value(node), 0);
  const rows = nodes.map((node) => node.rows).filter((count) => count !== undefined);
  return {
    key,
    nodes,
    first: nodes[0] as TraceNode,
    start: nodes.reduce((least, node) => Math.min(least, node.start_unix_ns), Infinity),
    end: nodes.reduce((most, node) => Math.max(most, endOf(node)), -Infinity),
    durationNs: sum((node) => node.duration_ns),
    selfNs: sum((node) => node.self_ns),
    rowCount: rows.length === 0 ? null : rows.reduce((all, count) => all + count, 0),
    isCritical: nodes.some((node) => node.is_critical === true),
  };
}
