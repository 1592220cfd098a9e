import assert from "node:assert/strict";
import type { Manifest } from "../../../components/kubernetes/object";
import { rewriteImages } from "../../../components/platform/images";
import { PARTS } from "../../../components/platform/parts";
import { filledInFields, renderPart } from "../../../components/platform/part-objects";
import { renderSccBinding } from "../../../components/openshift/scc";

const STACK = "okd-streams.io/stack";
const mirrored = (reference: string) => `mirror.example/${reference}`;

describe("renderPart", () => {
  it("marks every object and gives it the part's namespace", () => {
    const objects: Manifest[] = [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", annotations: { kept: "yes" } } },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b", namespace: "other" } },
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "c" }, rules: [] },
    ];
    assert.deepEqual(renderPart(PARTS.argoCd, { objects, stack: "kind" }), [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "argocd", annotations: { [STACK]: "kind" } } },
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a", namespace: "argocd", annotations: { kept: "yes", [STACK]: "kind" } },
      },
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "b", namespace: "other", annotations: { [STACK]: "kind" } },
      },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: "c", annotations: { [STACK]: "kind" } },
        rules: [],
      },
    ]);
  });

  it("gives accounts permissions for their pods on OpenShift, and a Route to what people open", () => {
    const user = { serviceAccountName: "argocd-redis", securityContext: { runAsUser: 999 } };
    const objects: Manifest[] = [
      { apiVersion: "v1", kind: "Service", metadata: { name: "argocd-server" } },
      { apiVersion: "v1", kind: "Service", metadata: { name: "argocd-redis" } },
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "r" }, spec: { template: { spec: user } } },
    ];
    const labels = { "app.kubernetes.io/part-of": "okd-streams", [STACK]: "moc" };
    const [, server, redis, , ...ours] = renderPart(PARTS.argoCd, { objects, stack: "moc", openshift: true });
    const annotations = { [STACK]: "moc", "pulumi.com/skipAwait": "true" };
    const certificate = { "service.beta.openshift.io/serving-cert-secret-name": "argocd-server-tls" };
    assert.deepEqual(server!.metadata.annotations, { ...annotations, ...certificate });
    assert.deepEqual(redis!.metadata.annotations, annotations);
    assert.deepEqual(ours, [
      renderSccBinding("nonroot-v2", "argocd-redis", { namespace: "argocd", labels }),
      {
        apiVersion: "route.openshift.io/v1",
        kind: "Route",
        metadata: { name: "argocd-server", namespace: "argocd", labels },
        spec: {
          to: { kind: "Service", name: "argocd-server", weight: 100 },
          port: { targetPort: "https" },
          tls: { termination: "reencrypt", insecureEdgeTerminationPolicy: "Redirect" },
          wildcardPolicy: "None",
        },
      },
    ]);
  });

  it("asks the definitions which custom resources belong to a namespace", () => {
    const definition = (kind: string, scope: string): Manifest => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: kind },
      spec: { group: "example.org", scope, names: { kind } },
    });
    const resource = (kind: string): Manifest => ({ apiVersion: "example.org/v1", kind, metadata: { name: "a" } });
    const rendered = renderPart(PARTS.tektonPipelines, {
      stack: "kind",
      objects: [
        definition("Near", "Namespaced"),
        definition("Far", "Cluster"),
        resource("Near"),
        resource("Far"),
        resource("Unknown"),
      ],
    });
    assert.deepEqual(
      rendered.map(({ metadata }) => metadata.namespace),
      [undefined, undefined, "tekton-pipelines", undefined, undefined],
    );
  });

  it("says what to wait for", () => {
    const kinds: [string, string, object][] = [
      ["v1", "Service", { "pulumi.com/skipAwait": "true" }],
      ["serving.knative.dev/v1", "Service", {}],
      [
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        { "pulumi.com/waitFor": "jsonpath={.webhooks[0].clientConfig.caBundle}" },
      ],
      [
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        { "pulumi.com/waitFor": "jsonpath={.webhooks[0].clientConfig.caBundle}" },
      ],
      ["apps/v1", "Deployment", {}],
    ];
    for (const [apiVersion, kind, annotations] of kinds) {
      const [object] = renderPart(PARTS.tektonTriggers, {
        objects: [{ apiVersion, kind, metadata: { name: "a" } }],
        stack: "kind",
      });
      assert.deepEqual(object!.metadata.annotations, { [STACK]: "kind", ...annotations }, `${apiVersion} ${kind}`);
    }
  });

  it("has Argo CD track by annotation", () => {
    const objects: Manifest[] = [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "argocd-cm" } },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "argocd-rbac-cm" } },
    ];
    const [, settings, other] = renderPart(PARTS.argoCd, { objects, stack: "kind" });
    assert.deepEqual(settings!.data, { "application.resourceTrackingMethod": "annotation" });
    assert.equal(other!.data, undefined);
  });

  it("changes nothing that it was given", () => {
    const object: Manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "argocd-cm" }, data: { a: "b" } };
    const before = structuredClone(object);
    renderPart(PARTS.argoCd, { objects: [object], stack: "kind", image: mirrored });
    assert.deepEqual(object, before);
  });
});

describe("rewriteImages", () => {
  const deployment = (container: object, more: object = {}): Manifest => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a" },
    spec: { replicas: 1, template: { metadata: {}, spec: { containers: [container], ...more } } },
  });

  it("rewrites images of containers, and those that controllers take as arguments", () => {
    const before = deployment(
      {
        name: "controller",
        image: "ghcr.io/tektoncd/controller:v1",
        args: [
          "-entrypoint-image",
          "ghcr.io/tektoncd/entrypoint:v1",
          "-shell-image-win",
          "mcr.microsoft.com/powershell:1",
          "--el-image=ghcr.io/tektoncd/sink:v1",
          "-image-pull-policy",
          "Always",
          "--listen=:8080",
        ],
        command: ["/ko-app/controller", "--image", "quay.io/a:1"],
      },
      { initContainers: [{ name: "copy", image: "quay.io/argoproj/argocd:v3" }] },
    );
    const after = deployment(
      {
        name: "controller",
        image: "mirror.example/ghcr.io/tektoncd/controller:v1",
        args: [
          "-entrypoint-image",
          "mirror.example/ghcr.io/tektoncd/entrypoint:v1",
          "-shell-image-win",
          "mirror.example/mcr.microsoft.com/powershell:1",
          "--el-image=mirror.example/ghcr.io/tektoncd/sink:v1",
          "-image-pull-policy",
          "Always",
          "--listen=:8080",
        ],
        command: ["/ko-app/controller", "--image", "mirror.example/quay.io/a:1"],
      },
      { initContainers: [{ name: "copy", image: "mirror.example/quay.io/argoproj/argocd:v3" }] },
    );
    assert.deepEqual(rewriteImages(before, mirrored), after);
  });

  it("leaves the words of a program in a ConfigMap", () => {
    const data = { "page.js": 'const table = { kind: "x", image: "release" };' };
    const program: Manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data };
    assert.deepEqual(rewriteImages(program, mirrored), program);
  });

  it("reaches the pods of a CronJob", () => {
    const cronJob = (image: string): Manifest => ({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "a" },
      spec: {
        schedule: "@daily",
        jobTemplate: { spec: { template: { spec: { containers: [{ name: "a", image }] } } } },
      },
    });
    assert.deepEqual(rewriteImages(cronJob("quay.io/a:1"), mirrored), cronJob("mirror.example/quay.io/a:1"));
  });

  const objects: [what: string, object: (image: (reference: string) => string) => Omit<Manifest, "metadata">][] = [
    [
      "a Pod, with its volumes that are images and its variables that name some",
      (image) => ({
        apiVersion: "v1",
        kind: "Pod",
        spec: {
          containers: [
            {
              name: "a",
              image: image("quay.io/a@sha256:0123"),
              env: [
                { name: "HELPER_IMAGE", value: image("ghcr.io/b:1") },
                { name: "PULL", value: "Always" },
              ],
            },
          ],
          ephemeralContainers: [{ name: "b", image: image("quay.io/b:1") }],
          volumes: [{ name: "data", image: { reference: image("quay.io/c:1"), pullPolicy: "Always" } }],
        },
      }),
    ],
    [
      "a Task, but for what its parameters say",
      (image) => ({
        apiVersion: "tekton.dev/v1",
        kind: "Task",
        spec: {
          steps: [
            { name: "a", image: image("quay.io/a:1"), script: "#!/bin/sh\nimage: quay.io/not:1" },
            { name: "b", image: "$(params.image)" },
          ],
          sidecars: [{ image: image("quay.io/s:1") }],
        },
      }),
    ],
    [
      "an object of a kind of its own, with a template of pods",
      (image) => ({
        apiVersion: "triggers.tekton.dev/v1beta1",
        kind: "EventListener",
        spec: {
          resources: {
            kubernetesResource: { spec: { template: { spec: { containers: [{ image: image("quay.io/a:1") }] } } } },
          },
        },
      }),
    ],
    [
      "a ConfigMap, where a program makes pods of it",
      (image) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        data: {
          "helperPod.yaml": `spec:\n  containers:\n    - name: helper\n      image: ${image("quay.io/busybox:1")}\n    - image: "${image("quay.io/b:2")}"\n`,
          "default-affinity-assistant-image": image("quay.io/pause:3"),
          "template.json": `{"name": "a", "image": "${image("quay.io/c:1")}"}`,
          _example: "# image: what it is for\nimage-pull: quay.io/other:1\n",
        },
      }),
    ],
  ];
  for (const [what, object] of objects) {
    it(`reaches ${what}`, () => {
      const of = (image: (reference: string) => string): Manifest =>
        ({ ...object(image), metadata: { name: "a" } }) as Manifest;
      assert.deepEqual(
        rewriteImages(
          of((it) => it),
          mirrored,
        ),
        of(mirrored),
      );
    });
  }

  it("leaves definitions of kinds alone", () => {
    const definition: Manifest = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "a" },
      spec: { versions: [{ schema: { default: { image: "x:1" } } }] },
    };
    assert.deepEqual(rewriteImages(definition, mirrored), definition);
  });
});

describe("filledInFields", () => {
  const table: [string, object, string[]][] = [
    ["ValidatingWebhookConfiguration", {}, ["webhooks[*].rules", "webhooks[*].clientConfig.caBundle"]],
    ["MutatingWebhookConfiguration", {}, ["webhooks[*].rules", "webhooks[*].clientConfig.caBundle"]],
    ["ClusterInterceptor", {}, ["spec.clientConfig.caBundle"]],
    ["ClusterRole", { aggregationRule: {}, rules: [] }, ["rules"]],
    ["ClusterRole", { rules: [] }, []],
    [
      "CustomResourceDefinition",
      { spec: { conversion: { strategy: "Webhook", webhook: {} } } },
      ["spec.conversion.webhook.clientConfig.caBundle"],
    ],
    ["CustomResourceDefinition", { spec: {} }, []],
    ["Secret", {}, ["data"]],
    ["Secret", { data: { a: "YQ==" } }, []],
    ["Secret", { stringData: { a: "a" } }, []],
    ["ConfigMap", {}, []],
    ["Deployment", {}, []],
  ];
  for (const [kind, fields, expected] of table) {
    it(`${kind} ${JSON.stringify(fields)}: ${expected.join(", ") || "none"}`, () => {
      assert.deepEqual(filledInFields({ apiVersion: "v1", kind, metadata: { name: "a" }, ...fields }), expected);
    });
  }
});
