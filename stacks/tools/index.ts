export { collect, labFolder } from "./collect";
export { decide } from "./decide";
export { diagnose } from "./diagnose";
export { findingLines } from "./table";
