/**
 * The frame around every page: navigation, the page of the address, status bar.
 */

import { useEffect, useRef } from "preact/hooks";
import { isRefused } from "../api/client";
import { token } from "../api/token";
import { sessionName } from "../live/session";
import { PAGES } from "../pages/table";
import { linkTo, route } from "../router/route";
import { Boundary } from "./boundary";
import { Navigation } from "./navigation";
import { NoToken } from "./no_token";
import "./shell.css";
import { StatusBar } from "./status_bar";

const FIRST = PAGES[0]?.path ?? "";

/** All there is. */
export function Application() {
  const path = route.value.page || FIRST;
  const page = PAGES.find((page) => page.path === path);
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    document.title = `${page?.title ?? "No such page"} · Ghostglass`;
    if (shown.current !== path) main.current?.focus();
    shown.current = path;
  }, [path]);
  if (token() === null || isRefused.value) return <NoToken />;
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <Navigation />
      <main class="shell-main" ref={main} tabIndex={-1} aria-label={page?.title ?? "No such page"}>
        <Boundary key={`${path} ${sessionName()}`}>{page === undefined ? <NoPage /> : <page.component />}</Boundary>
      </main>
      <StatusBar />
    </div>
  );
}

function NoPage() {
  return (
    <section class="page">
      <h1>No such page</h1>
      <div class="state">
        <p>The address leads nowhere.</p>
        <a class="button" href={linkTo("")}>
          Go to the overview
        </a>
      </div>
    </section>
  );
}
