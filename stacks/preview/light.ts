import { createRequire, Module } from "node:module";

// Pulumi's SDK loads them at once, to serialize the functions of dynamic providers: a third of the time that a preview
// takes to start. Ours are constant stubs (components/dynamic.ts), so that nothing is ever serialized.
const SERIALIZERS = ["typescript", "@npmcli/arborist"];

/** Keeps what a preview has no use for out of this process. To be called before Pulumi's SDK is imported. */
export function loadLightly(): void {
  const sdk = createRequire(require.resolve("@pulumi/pulumi/package.json"));
  for (const name of SERIALIZERS) {
    const file = sdk.resolve(name);
    require.cache[file] ??= Object.assign(new Module(file), { loaded: true, exports: unusable(name) });
  }
}

function unusable(name: string): object {
  const get = (_: object, key: string | symbol): true => {
    if (key === "__esModule") return true;
    throw new Error(`The preview does without ${name}: make dynamic resources with components/dynamic.ts.`);
  };
  return new Proxy({}, { get });
}
