/**
 * Flame: where the time went, or the calls, by who called whom; alone or beside another session.
 */

import { useEffect, useMemo, useState } from "preact/hooks";
import { Download } from "../design/download";
import { percentage, thousands } from "../design/number";
import { Command, Empty, Failure, Loading } from "../design/states";
import { BaseChoice } from "../diff/base_choice";
import type { CallNode, Measure } from "../flame/call_node";
import { joined, wholesOf } from "../flame/comparison";
import { frameName } from "../flame/description";
import { FlameChart } from "../flame/flame_chart";
import { FlameTable } from "../flame/flame_table";
import { type Frame, frameAt, framesOf, lineOf, placeText } from "../flame/frames";
import { find } from "../flame/search";
import { FilterBox } from "../listing/filter_box";
import { Switch } from "../listing/switch";
import { type Resource, useResource } from "../live/resource";
import { pathOf, sessionPath } from "../live/session";
import { choose, linkTo, route } from "../router/route";

/** A call tree as the server sends it. */
interface CallTree {
  readonly root: CallNode;
  readonly is_exact: boolean;
  readonly total_ns: number;
}

/** What is smaller than this part of the picture is not asked for: it would be narrower than a pixel. */
const SHARE_MIN = 0.0005;

/** More detail than this there is not, however far one zooms. */
const DETAIL_MAX = 1e5;

/** As much as the server sends at once. */
const NODE_COUNT_MAX = 10_000;

/** The page. */
export function FlamePage() {
  const { base, measure: chosen, q = "" } = route.value.parameters;
  const measure: Measure = chosen === "calls" ? "calls" : "time";
  const [detail, setDetail] = useState(1);
  const asked = { depth: 64, min_share: SHARE_MIN / detail, limit: NODE_COUNT_MAX };
  const tree = useResource<CallTree>(sessionPath("call-tree", asked), "functions");
  const before = useResource<CallTree>(base === undefined ? null : pathOf(base, "call-tree", asked));
  const root = useRoot(tree, before, base !== undefined);
  const problem = tree.problem ?? before.problem;
  return (
    <section class="page" aria-busy={tree.isLoading}>
      <header class="page-head">
        <h1>Flame</h1>
        <div class="page-tools">
          <Switch
            label="Width"
            parameter="measure"
            options={[
              ["", "time"],
              ["calls", "calls"],
            ]}
          />
          <Switch
            label="View"
            parameter="view"
            options={[
              ["", "graph"],
              ["table", "table"],
            ]}
          />
          <BaseChoice all="compare with…" />
          <FilterBox label="Search" />
          <Download name="call-tree" value={tree.value} />
        </div>
      </header>
      {problem !== null && <Failure problem={problem} />}
      {root === null && problem === null && <Loading />}
      {tree.value !== null && !tree.value.is_exact && <Inexact />}
      {root !== null && root.children.length === 0 && <NoCalls />}
      {root !== null && root.children.length > 0 && (
        <Picture root={root} measure={measure} text={q} isCompared={base !== undefined} onDetail={setDetail} />
      )}
    </section>
  );
}

/** The tree to show, once everything it is made of is there. */
function useRoot(tree: Resource<CallTree>, before: Resource<CallTree>, isCompared: boolean): CallNode | null {
  return useMemo(() => {
    if (tree.value === null) return null;
    if (!isCompared) return tree.value.root;
    return before.value === null ? null : joined(before.value.root, tree.value.root);
  }, [tree.value, before.value, isCompared]);
}

interface PictureProperties {
  readonly root: CallNode;
  readonly measure: Measure;
  readonly text: string;
  readonly isCompared: boolean;
  /** How many times as much detail as the whole picture needs. */
  readonly onDetail: (factor: number) => void;
}

function Picture({ root, measure, text, isCompared, onDetail }: PictureProperties) {
  const frames = useMemo(() => framesOf(root, measure), [root, measure]);
  const wholes = useMemo(() => wholesOf(root, measure), [root, measure]);
  const found = useMemo(() => find(frames, text), [frames, text]);
  const { at, view } = route.value.parameters;
  const zoomed = (at === undefined ? undefined : frameAt(frames, at)) ?? (frames[0] as Frame);
  useEffect(() => onDetail(detailOf(zoomed.width)), [zoomed]);
  const shared = {
    frames,
    wholes,
    measure,
    zoomed,
    isCompared,
    onZoom: (frame: Frame) => choose({ at: frame.parent < 0 ? null : placeText(frame) }),
    onOpen: (frame: Frame) => {
      if (frame.node.function_id !== null) location.hash = linkTo("functions", { function: frame.node.function_id });
    },
  };
  const isSearching = text.trim() !== "";
  return (
    <>
      {zoomed.parent >= 0 && <Crumbs line={lineOf(frames, zoomed)} />}
      {isSearching && (
        <p class="remark" role="status">
          {found.indexes.size === 0
            ? "Nothing here has such a name."
            : `${thousands(found.indexes.size)} of ${thousands(frames.length)} places, ${percentage(found.share, 1)} of the ${measure}. n and N go through them.`}
        </p>
      )}
      {view === "table" ? (
        <FlameTable {...shared} />
      ) : (
        <FlameChart {...shared} found={found} isSearching={isSearching} />
      )}
      {isCompared && view !== "table" && <ChangeLegend />}
    </>
  );
}

/** In powers of ten: a step of zoom seldom needs another tree. */
function detailOf(width: number): number {
  return width > 0 ? Math.min(10 ** Math.floor(-Math.log10(width)), DETAIL_MAX) : 1;
}

function Crumbs({ line }: { line: readonly Frame[] }) {
  return (
    <nav class="crumbs" aria-label="Zoom">
      {line.map((frame, index) => {
        const name = frameName(frame.node, frame.parent < 0);
        const at = frame.parent < 0 ? null : placeText(frame);
        const isLast = index === line.length - 1;
        return (
          <span key={frame.index}>
            {index > 0 && <span aria-hidden="true"> › </span>}
            <a
              class="code"
              aria-current={isLast ? "location" : undefined}
              href={linkTo("flame", { ...route.value.parameters, at })}
            >
              {name}
            </a>
          </span>
        );
      })}
    </nav>
  );
}

function Inexact() {
  return (
    <p class="callout">
      This tree is put together from who called whom: below each function stands all it ever called, whoever called it.
      Record the exact one with <Command>ghost run --tree app.py</Command>
    </p>
  );
}

function NoCalls() {
  return (
    <Empty>
      <p>No calls were recorded in this session.</p>
      <p>
        Functions of the project are observed by themselves; others with <Command>ghost run --scope all app.py</Command>
      </p>
    </Empty>
  );
}

function ChangeLegend() {
  return (
    <p class="legend">
      <span class="swatch less-4" /> <span class="swatch less-2" /> smaller share, or gone (hatched){" "}
      <span class="swatch same" /> the same <span class="swatch more-2" /> <span class="swatch more-4" /> larger share,
      or new. Colours do not say whether it could be chance:{" "}
      <a href={linkTo("diff", { base: route.value.parameters["base"] })}>Diff</a> does.
    </p>
  );
}
