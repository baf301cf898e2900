/** Pages of the documentation as text: `build.mjs` takes what stands before their first section. */

declare module "*.md" {
  const text: string;
  export default text;
}
