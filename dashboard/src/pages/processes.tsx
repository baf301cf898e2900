/**
 * The page Processes.
 */

/** The page. */
export function ProcessesPage() {
  return (
    <section class="page">
      <h1>Processes</h1>
    </section>
  );
}
