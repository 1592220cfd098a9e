import type { Manifest } from "../../kubernetes/object";
import type { StartedRun, Starter } from "../../workplace/admission";

type Labels = Record<string, string>;

interface Selecting {
  labelSelector?: { matchLabels: Labels };
  triggerGroups?: { triggerSelector: { labelSelector: { matchLabels: Labels } } }[];
  serviceAccountName: string;
}

/**
 * What each account of a workplace starts: EventListeners' the runs of those Triggers that they select, all others nothing.
 *
 * @param objects EventListeners, Triggers, TriggerTemplates and ServiceAccounts, among others
 */
export function startedByEvents(objects: Manifest[]): Starter[] {
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);
  const started = ofKind("EventListener").map((listener) => {
    const { serviceAccountName: account, ...selecting } = listener.spec as Selecting;
    const templates = ofKind("Trigger")
      .filter(({ metadata: { labels = {} } }) => selects(selecting, labels))
      .map(({ spec }) => (spec as { template: { ref: string } }).template.ref);
    const runs = ofKind("TriggerTemplate")
      .filter(({ metadata }) => templates.includes(metadata.name))
      .flatMap(({ spec }) => (spec as { resourcetemplates: StartedRun[] }).resourcetemplates);
    return { account, runs };
  });
  const others = ofKind("ServiceAccount").map(({ metadata }) => ({ account: metadata.name, runs: [] }));
  const accounts = [...new Set([...started, ...others].map(({ account }) => account))];
  return accounts.map((account) => ({
    account,
    runs: started.filter((one) => one.account === account).flatMap(({ runs }) => runs),
  }));
}

function selects(
  { labelSelector, triggerGroups = [] }: Omit<Selecting, "serviceAccountName">,
  labels: Labels,
): boolean {
  const selectors = [labelSelector, ...triggerGroups.map(({ triggerSelector }) => triggerSelector.labelSelector)];
  return selectors.some(
    (selector) => selector && Object.entries(selector.matchLabels).every(([name, value]) => labels[name] === value),
  );
}
