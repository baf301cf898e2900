/**
 * A trace as the server sends it: one request, with the functions, queries and requests below it.
 *
 * Only shapes, and what a node is called.
 */

/** A stretch of time in which nothing was recorded. */
export interface Gap {
  readonly start_unix_ns: number;
  readonly duration_ns: number;
}

/** What is recorded of one thing that happened. What is not known is left out. */
export interface TraceNode {
  readonly kind: "request" | "query" | "client" | "function" | "event";
  readonly name: string;
  readonly span_id?: string;
  readonly is_sampled_call?: boolean;
  readonly count: number;
  readonly start_unix_ns: number;
  readonly duration_ns: number;
  readonly self_ns: number;
  readonly is_error?: boolean;
  readonly is_critical?: boolean;
  readonly method?: string;
  readonly collection?: string;
  readonly system?: string;
  readonly status?: number;
  readonly rows?: number;
  readonly exception_type?: string;
  readonly gaps?: readonly Gap[];
  readonly children: readonly TraceNode[];
}

/** One trace. */
export interface Trace {
  readonly trace_id: string;
  readonly trace_label?: string | null;
  readonly name: string;
  readonly start_unix_ns: number;
  readonly duration_ns: number;
  readonly span_count: number;
  readonly spans: readonly TraceNode[];
}

/** `GET /users/{id}`, `SELECT …`, `→ GET example.org`, as `ghost trace` writes it. */
export function nodeName(node: TraceNode): string {
  switch (node.kind) {
    case "request":
      return words(node.method, node.name);
    case "client":
      return words("→", node.method, node.name);
    case "query":
      return node.name !== "" ? oneLine(node.name) : words(node.system, node.method, node.collection);
    default:
      return node.name;
  }
}

function words(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}

function oneLine(statement: string): string {
  return statement.replace(/\s+/g, " ").trim();
}

/** When a node ended. */
export function endOf(node: TraceNode): number {
  return node.start_unix_ns + node.duration_ns;
}
