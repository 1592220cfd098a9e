import type { Manifest } from "../../kubernetes/object";
import type { PipelineRun } from "../../pipelines/tekton";
import type { Place } from "../../workplace/place";
import { configMap, type PayloadContext, renderBuildRun } from "../payload/run";
import type { OperatorsFiles } from "./operators";
import type { Operators } from "./schema";

/** The ConfigMap with the program that Tasks of operators run. */
const PROGRAM = "okd-operators-program";

/** Name of what belongs to an entry: its ConfigMap, its runs. */
function operatorsName({ name }: Pick<Operators, "name">): string {
  return `okd-operators-${name}`;
}

/** The catalog of a version of OKD, by tag. */
export function catalogOf({ okd }: Pick<Operators, "okd">, target: string): string {
  return `${target}/okd-catalog:${okd}`;
}

/** The run that builds operators and adds them to the catalog. */
export function renderOperatorsRun(settings: Operators, context: PayloadContext): PipelineRun {
  return renderBuildRun(settings, context, {
    ...{ kind: "operators", name: operatorsName(settings) },
    params: {
      ...{ base: settings.from, minor: settings.okd, catalog: catalogOf(settings, context.target) },
      "catalog-source": `okd-streams-${settings.name}`,
    },
  });
}

/** The ConfigMap that runs take their entry from. */
export function renderOperatorsMap(settings: Operators, { entry, operators }: OperatorsFiles, place: Place): Manifest {
  const data = { "entry.json": JSON.stringify(entry), "operators.json": JSON.stringify(operators) };
  return configMap(operatorsName(settings), data, place);
}

/** @param text the program, in one file */
export function renderOperatorsProgram(text: string, place: Place): Manifest {
  return configMap(PROGRAM, { "operators.js": text }, place);
}
