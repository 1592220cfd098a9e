import { parsePipelines } from "../../../components/pipelines/load";
import type { Known } from "../../../components/pipelines/check";
import type { Source } from "../../../components/pipelines/source";

/** A small pipeline set that uses every kind of reference and has no fault. */
export const TASKS = `apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: build
spec:
  description: Builds
  params:
    - name: repo
    - name: tags
      type: array
      default: []
    - name: target
      type: object
      properties: {registry: {}, name: {}}
  workspaces:
    - name: source
    - name: credentials
      optional: true
  results:
    - name: digest
    - name: images
      type: array
  stepTemplate:
    image: builder
    computeResources:
      requests: {cpu: 100m}
    env:
      - {name: REPO, value: $(params.repo)}
  steps:
    - name: fetch
      computeResources:
        requests: {memory: 1Gi}
      results:
        - name: commit
      env:
        - {name: SOURCE, value: $(workspaces.source.path)}
        - {name: RUN, value: $(context.taskRun.name)}
        - {name: COMMIT, value: $(step.results.commit.path)}
      script: |
        #!/usr/bin/env bash
        # clones
        set -euo pipefail
        git clone "$REPO" "$SOURCE/$(basename "$REPO")"
    - name: build
      image: builder
      computeResources:
        requests: {memory: 1Gi}
      securityContext: {privileged: true}
      when:
        - input: $(workspaces.credentials.bound)
          operator: in
          values: ["true"]
      env:
        - {name: COMMIT, value: $(steps.fetch.results.commit)}
        - {name: REGISTRY, value: $(params.target.registry)}
        - {name: NOT_TEKTONS, value: $(SOURCE) $$(params.nothing)}
      args:
        - $(params.tags[*])
      script: |
        #!/bin/sh
        set -eu
        build "$@" > $(results.digest.path)
        images > $(results.images.path)
  sidecars:
    - name: registry
      image: registry
      computeResources:
        requests: {cpu: 10m, memory: 64Mi}
      args: ['$(params["repo"])']
---
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: tell
spec:
  description: Tells
  params:
    - name: text
  steps:
    - name: tell
      image: builder
      computeResources:
        requests: {cpu: 10m, memory: 16Mi}
      command: [echo, $(params.text)]
`;

export const PIPELINE = `apiVersion: tekton.dev/v1
kind: Pipeline
metadata:
  name: everything
spec:
  description: Builds and tells
  params:
    - name: repo
    - name: tags
      type: array
      default: [one]
    - name: notify
      default: "false"
  workspaces:
    - name: shared
    - name: credentials
      optional: true
  tasks:
    - name: build
      taskRef:
        name: build
      params:
        - {name: repo, value: $(params.repo)}
        - {name: tags, value: ["$(params.tags[*])"]}
        - {name: target, value: {registry: quay.io, name: "$(context.pipelineRun.name)"}}
      workspaces:
        - {name: source, workspace: shared}
        - {name: credentials}
    - name: each
      taskRef:
        name: tell
      when:
        - cel: "'$(params.notify)' == 'true'"
      matrix:
        params:
          - {name: text, value: "$(tasks.build.results.images[*])"}
    - name: after
      runAfter: [each]
      taskRef:
        name: tell
      params:
        - {name: text, value: "$(tasks.build.results.digest) $(workspaces.credentials.bound)"}
  finally:
    - name: last
      taskRef:
        name: tell
      params:
        - {name: text, value: "$(tasks.status) $(tasks.after.status)"}
  results:
    - name: digest
      value: $(tasks.build.results.digest)
`;

export const KNOWN: Known = {
  images: { builder: "quay.io/okd/builder:1", registry: "quay.io/okd/registry:2" },
  privileged: { build: { build: "mounts layers" } },
};

export const smallSet = (tasks = TASKS, pipeline = PIPELINE): Source[] => [
  ...parsePipelines(tasks, "tasks.yaml"),
  ...parsePipelines(pipeline, "pipeline.yaml"),
];
