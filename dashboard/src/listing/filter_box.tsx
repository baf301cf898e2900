/**
 * The box that narrows a list by text. `/` leads to it from anywhere on the page.
 *
 * What is typed is in the address a moment later, without filling the history.
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { choose, route } from "../router/route";

/** How long somebody pauses between two letters. */
const PAUSE_MS = 200;

/** As many letters as the server takes. */
const LENGTH_MAX = 200;

/** The box; `parameter` is where its text is in the address. */
export function FilterBox({ label, parameter = "q" }: { label: string; parameter?: string }) {
  const shown = route.value.parameters[parameter] ?? "";
  const [text, setText] = useState(shown);
  const box = useRef<HTMLInputElement>(null);
  const timer = useRef(0);
  useEffect(() => setText(shown), [shown]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      box.current?.focus();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
  const onInput = (event: { readonly currentTarget: HTMLInputElement }) => {
    const typed = event.currentTarget.value;
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => choose({ [parameter]: typed, offset: null }, "replace"), PAUSE_MS) as never;
  };
  return (
    <input
      ref={box}
      class="filter"
      type="search"
      placeholder={`${label}  /`}
      aria-label={label}
      maxLength={LENGTH_MAX}
      spellcheck={false}
      value={text}
      onInput={onInput}
    />
  );
}
