export { collect, labFolder } from "./collect";
export { decide } from "./decide";
export { diagnose } from "./diagnose";
export { reach } from "./reach";
export { findingLines } from "./table";
