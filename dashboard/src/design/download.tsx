/**
 * What is shown, as a file of JSON.
 */

interface DownloadProperties {
  /** What the file is called, without its extension. */
  readonly name: string;
  readonly value: unknown;
}

/** The button. */
export function Download({ name, value }: DownloadProperties) {
  return (
    <button type="button" class="button" disabled={value === null} onClick={() => save(name, value)}>
      JSON<span class="visually-hidden"> download</span>
    </button>
  );
}

function save(name: string, value: unknown): void {
  const file = new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: "application/json" });
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name}.json`;
  link.click();
  // The browser reads it after the click was handled.
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
