import type { Capabilities } from "../clusters/cluster";
import type { Place } from "../workplace/place";
import type { Layer } from "./layers/layer";
import type { PlannedStream } from "./scos/plan";
import type { BuildSettings } from "./settings";

/** What a stack builds and where: planned once, for outputs, runs, triggers and the gate alike. */
export interface Builds {
  place: Place;
  capabilities: Capabilities;
  settings: BuildSettings;
  streams: PlannedStream[];
  layers: Layer[];
}
