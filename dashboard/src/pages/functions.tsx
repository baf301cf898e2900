/**
 * The page Functions.
 */

/** The page. */
export function FunctionsPage() {
  return (
    <section class="page">
      <h1>Functions</h1>
    </section>
  );
}
