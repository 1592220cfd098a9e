import { groupOf, isBuiltIn, isClusterScoped } from "../kubernetes/manifest";
import type { Manifest } from "../kubernetes/object";
import { asStored } from "./as-stored";
import { rewriteImages } from "./images";
import { normalized } from "../image-reference";
import { authored, STACK } from "../kubernetes/marks";
import type { Part } from "./part";
import { renderRoute, SERVING_CERTIFICATE } from "../openshift/route";
import { renderSccBinding, renderSccBindings } from "../openshift/scc";

export interface PartObjectsArgs {
  /** The objects as published. */
  objects: Manifest[];
  stack: string;
  /** A reference as this stack pulls it, for instance from a mirror. @default as published */
  image?: (reference: string) => string;
  /** Accounts need permissions for their pods, and what people open in a browser a Route. @default false */
  openshift?: boolean;
  /** Reference of an image with sh, mkdir and rm, for parts that want one. @default none does */
  busybox?: string;
}

/** The objects of a part as this stack installs them: its mark, its namespace, its images, and what to wait for. */
export function renderPart(part: Part, args: PartObjectsArgs): Manifest[] {
  const { stack, image = (reference: string) => reference, openshift = false, busybox = "" } = args;
  const namespace: Manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name: part.namespace } };
  const objects = part.adapt ? args.objects.map((it) => part.adapt!(it, { openshift, busybox })) : args.objects;
  const all = part.lacksNamespace ? [namespace, ...objects] : objects;
  const namespaced = namespacedKinds(objects);
  const rendered = all.map((object) => {
    const homeless = object.metadata.namespace === undefined && belongsToNamespace(object, namespaced);
    const metadata = {
      ...object.metadata,
      ...(homeless && { namespace: part.namespace }),
      annotations: {
        ...object.metadata.annotations,
        [STACK]: stack,
        ...awaiting(object),
        ...(openshift && serving(part, object)),
      },
    };
    const settled = asStored({ ...object, metadata, ...settings(object) });
    return rewriteImages(settled, (reference) => (reference === busybox ? reference : image(normalized(reference))));
  });
  return openshift ? [...rendered, ...renderOpenShiftObjects(part, rendered, stack)] : rendered;
}

/** What a part needs on OpenShift beside its own objects. */
function renderOpenShiftObjects(part: Part, objects: Manifest[], stack: string): Manifest[] {
  const { namespace, browser, privilegedAccount } = part;
  const labels = authored(stack);
  const routes = browser
    ? [renderRoute({ name: browser.service, namespace, labels, ...browser, tls: "reencrypt" })]
    : [];
  const privileged = privilegedAccount
    ? [renderSccBinding("privileged", privilegedAccount, { namespace, labels })]
    : [];
  return [...renderSccBindings(objects, labels), ...privileged, ...routes];
}

/** Has OpenShift give what a Route leads to a certificate that its router trusts; Argo CD serves with the Secret of that name. */
function serving({ browser }: Part, { kind, metadata }: Manifest): Record<string, string> {
  if (kind !== "Service" || metadata.name !== browser?.service) return {};
  return { [SERVING_CERTIFICATE]: `${browser.service}-tls` };
}

const isWebhookConfiguration = ({ kind }: Manifest) => /^(Validating|Mutating)WebhookConfiguration$/.test(kind);

/** Annotations that tell Pulumi when the object is ready, where its own judgement does not fit. */
function awaiting(object: Manifest): Record<string, string> {
  // The pods behind it come later; they are awaited with their workload.
  if (object.apiVersion === "v1" && object.kind === "Service") return { "pulumi.com/skipAwait": "true" };
  if (isWebhookConfiguration(object)) {
    return { "pulumi.com/waitFor": "jsonpath={.webhooks[0].clientConfig.caBundle}" };
  }
  return {};
}

/** Settings of ours in the parts' own configuration. */
function settings(object: Manifest): Partial<Manifest> {
  if (object.kind !== "ConfigMap" || object.metadata.name !== "argocd-cm") return {};
  // By label, Argo CD takes the runs for its own that Tekton copies the labels of a Pipeline to, and prunes them
  // (tektoncd/pipeline#3202).
  return { data: { ...object.data, "application.resourceTrackingMethod": "annotation" } };
}

/**
 * Fields of an object that controllers fill in once it exists; a difference there is none of ours.
 * In the form of Pulumi's `ignoreChanges`.
 */
export function filledInFields(object: Manifest): string[] {
  if (isWebhookConfiguration(object)) return ["webhooks[*].rules", "webhooks[*].clientConfig.caBundle"];
  switch (object.kind) {
    case "ClusterInterceptor":
      return ["spec.clientConfig.caBundle"];
    case "ClusterRole":
      return object.aggregationRule ? ["rules"] : [];
    case "CustomResourceDefinition":
      return object.spec?.conversion?.webhook ? ["spec.conversion.webhook.clientConfig.caBundle"] : [];
    case "Secret":
      return object.data || object.stringData ? [] : ["data"];
    default:
      return [];
  }
}

function namespacedKinds(objects: Manifest[]): Set<string> {
  const definitions = objects.filter(
    ({ kind, spec }) => kind === "CustomResourceDefinition" && spec?.scope === "Namespaced",
  );
  return new Set(definitions.map(({ spec }) => `${spec.group}/${spec.names.kind}`));
}

function belongsToNamespace(object: Manifest, namespaced: Set<string>): boolean {
  const group = groupOf(object);
  return isBuiltIn(object) ? !isClusterScoped(object) : namespaced.has(`${group}/${object.kind}`);
}
