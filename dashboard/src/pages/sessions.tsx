/**
 * The page Sessions.
 */

/** The page. */
export function SessionsPage() {
  return (
    <section class="page">
      <h1>Sessions</h1>
    </section>
  );
}
