/**
 * Style sheets are imported by the files whose look they are; the build puts them together.
 */

declare module "*.css";
