import { join } from "node:path";

/** Folder of the stand-in for opm, or of the real one. */
export const OPM = process.env.OKD_STREAMS_OPM ?? join(__dirname, "../../lab/release/opm");
