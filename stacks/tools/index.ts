export { labFolder } from "./collect";
export { decide } from "./decide";
export { findingLines } from "./table";
