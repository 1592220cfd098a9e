import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { PipelineRun } from "../../components/pipelines/tekton";
import { type EventsLab, NAMESPACE } from "./events-lab";

/** Tests of the policy that holds accounts which start runs, as the API server applies it: nothing is created. */
export function describeAdmission(lab: () => EventsLab): void {
  describe("of accounts that start runs", () => {
    let run: PipelineRun;

    before(async () => {
      const text = await lab().kubectl("get", "triggertemplate", "build-4-21", "-o", "json");
      const { spec } = JSON.parse(text) as { spec: { resourcetemplates: PipelineRun[] } };
      const started = JSON.stringify(spec.resourcetemplates[0]).replaceAll("$(tt.params.build-id)", "held");
      run = JSON.parse(started.replace(/\$\(tt\.params\.[\w-]+\)/g, "")) as PipelineRun;
    });

    /** What the API server says of a run of one account. @param account of the namespace; nothing for the cluster's admin */
    async function attempt(object: PipelineRun, account?: string): Promise<string> {
      const file = path.join(lab().factory.home, "attempt.json");
      fs.writeFileSync(file, JSON.stringify(object));
      const as = account === undefined ? [] : ["--as", `system:serviceaccount:${NAMESPACE}:${account}`];
      return lab()
        .kubectl("create", "--dry-run=server", "-o", "name", "-f", file, ...as)
        .catch((error: unknown) => (error as Error).message);
    }
    const changed = (spec: object): PipelineRun => ({ ...run, spec: { ...run.spec, ...spec } });
    const housed = (fields: object) => changed({ taskRunTemplate: { ...run.spec.taskRunTemplate, ...fields } });
    const PASSES = /^pipelinerun.tekton.dev\/rehearsal-okd-coreos-4-21-amd64-held\s*$/;
    const REFUSED = /ValidatingAdmissionPolicy 'okd-coreos-started-runs' .*denied request/;

    it("takes the run that the stack has, as Tekton completes it", async () => {
      assert.match(await attempt(run, "event-listener"), PASSES);
    });

    const refused: Record<string, () => PipelineRun> = {
      "an embedded Pipeline": () => {
        const { pipelineRef, ...spec } = run.spec;
        const steps = [{ name: "x", image: "busybox", script: "true" }];
        const pipelineSpec = { tasks: [{ name: "x", taskSpec: { steps } }] };
        return {
          ...run,
          spec: { ...spec, pipelineSpec, params: [], workspaces: [] } as unknown as PipelineRun["spec"],
        };
      },
      "another account": () => housed({ serviceAccountName: "default" }),
      "a hostPath": () =>
        housed({
          podTemplate: {
            ...run.spec.taskRunTemplate.podTemplate,
            volumes: [{ name: "host", hostPath: { path: "/" } }],
          },
        }),
      "another Secret": () =>
        changed({ workspaces: [{ name: run.spec.workspaces[0]!.name, secret: { secretName: "event-signing-keys" } }] }),
      "other parameters": () =>
        changed({
          params: run.spec.params.map((param) => ({ ...param, value: String(param.value).replace("true", "false") })),
        }),
    };
    for (const [what, object] of Object.entries(refused)) {
      it(`refuses ${what}, which users may create`, async () => {
        assert.match(await attempt(object(), "event-listener"), REFUSED);
        assert.match(await attempt(object()), PASSES);
      });
    }

    it("refuses another EventListener's run", async () => {
      assert.match(await attempt(run, "git-event-listener"), REFUSED);
    });
  });
}
