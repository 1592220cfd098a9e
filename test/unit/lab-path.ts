import { delimiter, join } from "node:path";
import { offlineFolder } from "../cluster/needs";

/** This machine's PATH, with the programs that the lab may have made behind it. */
export const PATH_WITH_LAB = [process.env.PATH, join(offlineFolder(), "bin")].join(delimiter);
