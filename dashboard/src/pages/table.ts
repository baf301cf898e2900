/**
 * Every page, in the order of the navigation. A page is a component without properties: what it shows is in the address.
 */

import type { ComponentType } from "preact";
import { FunctionsPage } from "./functions";
import { OverviewPage } from "./overview";
import { ProcessesPage } from "./processes";
import { SessionsPage } from "./sessions";
import { SettingsPage } from "./settings";

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
  { path: "processes", title: "Processes", group: "program", component: ProcessesPage },
  { path: "sessions", title: "Sessions", group: "compare", component: SessionsPage },
  { path: "settings", title: "Settings", group: "tool", component: SettingsPage },
];
