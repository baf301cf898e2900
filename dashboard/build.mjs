/**
 * Builds the dashboard into the server's assets: one page, one script, one style sheet, one icon; and from parts of
 * it the page that an application serves itself, into the Python package.
 *
 * Fails when what the browser loads is too large, or a source has a construct that the security of the page
 * forbids. The stamp it leaves says what the assets were built from; `cargo xtask tidy` compares it.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const ASSETS = join(HERE, "../crates/ghost-server/assets");
const EMBEDDED = join(HERE, "../python/ghostglass/ui/assets");

/** What a browser has to load, compressed. */
const GZIP_BYTES_MAX = 120 * 1024;

/** Names would be markup with these, and styles inline: the policy of the server forbids both. */
const FORBIDDEN =
  /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function\(/;

/** What the assets are made from; the tests beside them are not. */
const SOURCES = [
  "build.mjs",
  "embedded.html",
  "icon.svg",
  "index.html",
  "package-lock.json",
  "package.json",
  "tsconfig.json",
  "src",
];

/** Pages of the documentation that the dashboard shows, as far as their first section. */
const PAGES = {
  name: "pages",
  setup: (build) =>
    build.onLoad({ filter: /\.md$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").split("\n## ", 1)[0],
      loader: "text",
    })),
};

const OPTIONS = {
  entryPoints: { dashboard: join(HERE, "src/main.tsx") },
  outdir: ASSETS,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  write: false,
  plugins: [PAGES],
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context({
    ...OPTIONS,
    plugins: [PAGES, { name: "write", setup: (build) => build.onEnd(write) }],
  });
  await context.watch();
} else {
  refuseForbidden();
  write(await esbuild.build(OPTIONS));
  const entryPoints = { page: join(HERE, "src/embedded/main.tsx") };
  writeEmbedded(await esbuild.build({ ...OPTIONS, entryPoints, outdir: EMBEDDED }));
}

/** The page of an application: beside files of the package, so nothing else there is touched. */
function writeEmbedded(result) {
  mkdirSync(EMBEDDED, { recursive: true });
  for (const { path, contents } of result.outputFiles) writeFileSync(path, contents);
  writeFileSync(join(EMBEDDED, "index.html"), readFileSync(join(HERE, "embedded.html")));
}

/** Writes all files anew: nothing of an earlier build stays. */
function write(result) {
  if (result.errors.length > 0) return;
  const files = new Map(result.outputFiles.map((file) => [relative(ASSETS, file.path), file.contents]));
  for (const name of ["index.html", "icon.svg"]) files.set(name, readFileSync(join(HERE, name)));
  rmSync(ASSETS, { recursive: true, force: true });
  mkdirSync(ASSETS, { recursive: true });
  for (const [name, contents] of files) writeFileSync(join(ASSETS, name), contents);
  writeFileSync(join(ASSETS, ".stamp"), `${stamp()}\n`);
  weigh(files);
}

function weigh(files) {
  const sizes = [...files].map(([name, contents]) => [name, gzipSync(contents, { level: 9 }).length]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  const kib = (size) => `${(size / 1024).toFixed(1)} KiB`;
  console.log(
    `${sizes.map(([name, size]) => `${name} ${kib(size)}`).join(", ")}; ${kib(total)} of ${kib(GZIP_BYTES_MAX)} compressed`,
  );
  if (total > GZIP_BYTES_MAX) fail("the dashboard is too large");
}

function refuseForbidden() {
  for (const path of sourceFiles().filter((path) => path.startsWith("src/"))) {
    const lines = readFileSync(join(HERE, path), "utf8").split("\n");
    const at = lines.findIndex((line) => FORBIDDEN.test(line));
    if (at >= 0) fail(`${path}:${at + 1}: markup and code are never made from text`);
  }
}

/**
 * One number for all sources, the same as `xtask/src/tidy/assets.rs` makes: paths and contents in the order of the
 * paths, each with its length before it.
 */
function stamp() {
  let sum = 0;
  for (const path of sourceFiles()) {
    for (const part of [Buffer.from(path), readFileSync(join(HERE, path))]) {
      sum = crc32(part, crc32(`${part.length}:`, sum));
    }
  }
  return sum.toString(16).padStart(8, "0");
}

function sourceFiles() {
  const found = SOURCES.flatMap((name) => (name === "src" ? below("src") : [name]));
  return found
    .filter((path) => !/\.test\.tsx?$/.test(path))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function below(folder) {
  return readdirSync(join(HERE, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? below(path) : [path.split(sep).join("/")];
  });
}

function fail(message) {
  console.error(`dashboard: ${message}`);
  process.exit(1);
}
