/**
 * Where one can go, which session is looked at, and whether it is live.
 */

import { PAGES } from "../pages/table";
import { linkTo, route } from "../router/route";
import { ConnectionMark } from "./connection_mark";
import { SessionChoice } from "./session_choice";

const GROUPS = ["program", "web", "compare", "tool"] as const;

/** The bar at the side, or at the top of a narrow window. */
export function Navigation() {
  const groups = GROUPS.map((group) => PAGES.filter((page) => page.group === group));
  return (
    <header class="shell-side">
      <div class="brand">
        <img src="/icon.svg" alt="" width="20" height="20" />
        <span>Ghostglass</span>
        <ConnectionMark />
      </div>
      <SessionChoice />
      <nav aria-label="Pages">
        {groups
          .filter((pages) => pages.length > 0)
          .map((pages) => (
            <ul key={pages[0]?.group}>
              {pages.map((page) => (
                <li key={page.path}>
                  <a
                    href={linkTo(page.path)}
                    aria-current={page.path === (route.value.page || PAGES[0]?.path) ? "page" : undefined}
                  >
                    {page.title}
                  </a>
                </li>
              ))}
            </ul>
          ))}
      </nav>
    </header>
  );
}
