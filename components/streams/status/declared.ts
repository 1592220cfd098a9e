import type { PipelineRun } from "../../pipelines/tekton";
import type { DeclaredStream } from "../../programs/status/builds";
import type { Declared } from "../../programs/status/status";
import { STREAM_SET } from "../events/triggers";
import { layerStream } from "../layers/layer";

interface Named {
  name: string;
  /** @default what no node here can run */
  run?: PipelineRun;
}

/** What a stack comes out as, as far as its status needs it: its outputs are such. */
export interface Made {
  namespace?: string;
  streams: { version: string; runs: PipelineRun[] }[];
  layers?: { name: string; version: string; runs: PipelineRun[] }[];
  releases?: (Named & { intervalSeconds?: number })[];
  payloads?: Named[];
  operators?: Named[];
  certifications?: Named[];
  upgradeTests?: Named[];
}

/** What a stack has by its outputs. No name of a Secret is in it. */
export function declaredOf(stack: string, made: Made, namespace: string): Declared {
  const { streams, layers = [], releases = [], payloads = [], operators = [], certifications = [] } = made;
  const { upgradeTests = [] } = made;
  const names = (all: Named[]) => all.map(({ name }) => name);
  const tested = [...releases, ...payloads, ...operators, ...certifications, ...upgradeTests];
  return {
    ...{ stack, namespace },
    namespaces: [...new Set([namespace, ...tested.flatMap(({ run }) => run?.metadata.namespace ?? [])])],
    streams: streams.map(({ version, runs }) =>
      declaredStream(`SCOS ${version}`, version, { stream: STREAM_SET, version, runs }),
    ),
    layers: layers.map(({ name, version, runs }) => {
      const stream = layerStream({ name });
      return declaredStream(`${name} ${version}`, stream, { stream, version, runs });
    }),
    releases: releases.flatMap(({ name, run, intervalSeconds }) => {
      if (!run) return [];
      return [{ name, namespace: run.metadata.namespace!, ...(intervalSeconds !== undefined && { intervalSeconds }) }];
    }),
    upgradeTests: names(upgradeTests),
    payloads: names(payloads),
    operators: names(operators),
    certifications: names(certifications),
  };
}

function declaredStream(
  title: string,
  label: string,
  { stream, version, runs }: { stream: string; version: string; runs: PipelineRun[] },
): DeclaredStream {
  const architectures = runs.flatMap(({ metadata }) => metadata.labels?.["okd-streams.io/architecture"] ?? []);
  return { ...{ title, label, stream, version }, architectures };
}
