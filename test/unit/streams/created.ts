import assert from "node:assert/strict";
import type { Manifest } from "../../../components/kubernetes/object";
import type { PipelineRun } from "../../../components/pipelines/tekton";

export const find = (rendered: Manifest[], kind: string, name: string): Manifest =>
  rendered.find((object) => object.kind === kind && object.metadata.name === name)!;

interface Binding {
  ref?: string;
  name: string;
  value: string;
}

/** What Tekton Triggers creates of an event that a Trigger's interceptors let pass. */
export function created<T = PipelineRun>(rendered: Manifest[], trigger: string, event: object): T[] {
  const { bindings, template } = find(rendered, "Trigger", trigger).spec as {
    bindings: Binding[];
    template: { ref: string };
  };
  const { params, resourcetemplates } = find(rendered, "TriggerTemplate", template.ref).spec as {
    params: { name: string; default?: string }[];
    resourcetemplates: T[];
  };
  const values: Record<string, string> = {};
  for (const binding of bindings) {
    const bound = binding.ref
      ? (find(rendered, "TriggerBinding", binding.ref).spec.params as { name: string; value: string }[])
      : [binding];
    for (const { name, value } of bound) {
      const found = resolve(value, event) ?? params.find((param) => param.name === name)?.default;
      assert.equal(typeof found, "string", `${value} has to be there`);
      values[name] = found!;
    }
  }
  const text = JSON.stringify(resourcetemplates).replace(/\$\(tt\.params\.([\w-]+)\)/g, (_, name: string) => {
    assert.ok(
      params.some((param) => param.name === name),
      `${name} is declared`,
    );
    assert.ok(name in values, `${name} is bound`);
    return JSON.stringify(values[name]).slice(1, -1);
  });
  assert.doesNotMatch(text, /\$\(/);
  return JSON.parse(text) as T[];
}

function resolve(value: string, event: object): string | undefined {
  const [, path] = /^\$\((.+)\)$/.exec(value) ?? [];
  if (path === undefined) return value;
  return path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], event) as
    string | undefined;
}
