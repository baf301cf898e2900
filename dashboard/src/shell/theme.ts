/**
 * Light or dark: as the system has it, or as somebody chose.
 */

import { computed, effect, signal } from "@preact/signals";

/** What can be chosen. */
export const THEMES = ["system", "light", "dark"] as const;

/** One of them. */
export type Theme = (typeof THEMES)[number];

const KEY = "ghost.theme";

const systemIsDark = signal(false);

/** What was chosen. */
export const theme = signal<Theme>("system");

/** What is shown. */
export const shownTheme = computed(() =>
  theme.value === "system" ? (systemIsDark.value ? "dark" : "light") : theme.value,
);

/** Follows choice and system from here on. */
export function startTheme(): void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  systemIsDark.value = query.matches;
  query.addEventListener("change", () => {
    systemIsDark.value = query.matches;
  });
  theme.value = THEMES.find((name) => name === localStorage.getItem(KEY)) ?? "system";
  effect(() => {
    document.documentElement.dataset["theme"] = shownTheme.value;
  });
}

/** Chooses, for good. */
export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  localStorage.setItem(KEY, chosen);
}
