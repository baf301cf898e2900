/**
 * Every page, in the order of the navigation. A page is a component without properties: what it shows is in the address.
 */

import type { ComponentType } from "preact";
import { AnomaliesPage } from "./anomalies";
import { DiffPage } from "./diff";
import { ErrorsPage } from "./errors";
import { FlamePage } from "./flame";
import { FunctionsPage } from "./functions";
import { OverviewPage } from "./overview";
import { ProbesPage } from "./probes";
import { ProcessesPage } from "./processes";
import { QueriesPage } from "./queries";
import { RequestsPage } from "./requests";
import { SessionsPage } from "./sessions";
import { SettingsPage } from "./settings";
import { TracesPage } from "./traces";

/** One page. */
export interface Page {
  /** Its name in the address. An address without one means the first. */
  readonly path: string;
  readonly title: string;
  readonly group: "program" | "web" | "compare" | "tool";
  readonly component: ComponentType;
}

/** All of them. */
export const PAGES: readonly Page[] = [
  { path: "overview", title: "Overview", group: "program", component: OverviewPage },
  { path: "functions", title: "Functions", group: "program", component: FunctionsPage },
  { path: "flame", title: "Flame", group: "program", component: FlamePage },
  { path: "errors", title: "Errors", group: "program", component: ErrorsPage },
  { path: "anomalies", title: "Anomalies", group: "program", component: AnomaliesPage },
  { path: "processes", title: "Processes", group: "program", component: ProcessesPage },
  { path: "probes", title: "Probes", group: "program", component: ProbesPage },
  { path: "requests", title: "Requests", group: "web", component: RequestsPage },
  { path: "queries", title: "Queries", group: "web", component: QueriesPage },
  { path: "traces", title: "Traces", group: "web", component: TracesPage },
  { path: "diff", title: "Diff", group: "compare", component: DiffPage },
  { path: "sessions", title: "Sessions", group: "compare", component: SessionsPage },
  { path: "settings", title: "Settings", group: "tool", component: SettingsPage },
];
