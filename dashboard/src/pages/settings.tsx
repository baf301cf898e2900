/**
 * Settings: colours of this page, and whether usage data is sent.
 */

import { useState } from "preact/hooks";
import { type Problem, sendJson } from "../api/client";
import { Download } from "../design/download";
import { Command, Failure } from "../design/states";
import { announce } from "../live/changes";
import { asProblem, useResource } from "../live/resource";
import "../shell/settings.css";
import { chooseTheme, THEMES, theme } from "../shell/theme";

interface Settings {
  readonly telemetry: { readonly telemetry_enabled: boolean; readonly telemetry_endpoint: string };
}

interface Telemetry {
  readonly is_sent: boolean;
  readonly reason: string | null;
  readonly endpoint: string | null;
  readonly payload: unknown;
}

/** News of our own making: the switch was thrown. */
const TOPIC = "settings";

const THEME_NAMES: Record<(typeof THEMES)[number], string> = { system: "As the system", light: "Light", dark: "Dark" };

/** The page. */
export function SettingsPage() {
  const settings = useResource<Settings>("/settings", TOPIC);
  return (
    <section class="page settings">
      <header class="page-head">
        <h1>Settings</h1>
        <div class="page-tools">
          <Download name="settings" value={settings.value} />
        </div>
      </header>
      <section class="card">
        <h2>Colours</h2>
        <fieldset class="segments">
          <legend class="visually-hidden">Colours</legend>
          {THEMES.map((name) => (
            <button
              key={name}
              type="button"
              class="button"
              aria-pressed={theme.value === name}
              onClick={() => chooseTheme(name)}
            >
              {THEME_NAMES[name]}
            </button>
          ))}
        </fieldset>
        <p class="note">Kept in this browser.</p>
      </section>
      {settings.problem !== null && <Failure problem={settings.problem} />}
      {settings.value !== null && <UsageData settings={settings.value} />}
      <section class="card">
        <h2>Keys</h2>
        <dl class="keys">
          {KEYS.map(([key, meaning]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </section>
    </section>
  );
}

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "to the filter of the page"],
  ["↑ ↓ Page ↑ Page ↓ Home End", "through a table"],
  ["Enter", "opens the row"],
  ["Tab", "to the next control"],
];

function UsageData({ settings }: { settings: Settings }) {
  const telemetry = useResource<Telemetry>("/telemetry", TOPIC).value;
  const [problem, setProblem] = useState<Problem | null>(null);
  const isEnabled = settings.telemetry.telemetry_enabled;
  const change = async () => {
    try {
      await sendJson("PATCH", "/settings", { telemetry: { telemetry_enabled: !isEnabled } });
      setProblem(null);
    } catch (cause) {
      setProblem(asProblem(cause));
    }
    announce(TOPIC);
  };
  return (
    <section class="card">
      <h2>Usage analytics</h2>
      <label class="switch">
        <input type="checkbox" checked={isEnabled} onChange={() => void change()} />
        <span>
          Send anonymous usage data to help improve Ghost. No traffic data, URLs, or personal information is ever sent.
        </span>
      </label>
      {telemetry !== null && <p class="note">{stateText(telemetry)}</p>}
      {problem !== null && <Failure problem={problem} />}
      {telemetry !== null && (
        <details>
          <summary>Exactly what would be sent</summary>
          <pre class="code source">{JSON.stringify(telemetry.payload, null, 2)}</pre>
          <p class="note">
            The same on the command line: <Command>ghost telemetry show</Command>
          </p>
        </details>
      )}
    </section>
  );
}

function stateText({ is_sent, reason, endpoint }: Telemetry): string {
  return is_sent
    ? `It is sent to ${endpoint ?? "the configured endpoint"}.`
    : `Nothing is sent: ${reason ?? "it is off"}.`;
}
