import type { Deliverer } from "../../../components/delivery/hands";
import type { KubernetesClient } from "../../../components/kubernetes/client";
import type { Manifest } from "../../../components/kubernetes/object";
import type { Deployment } from "../engine/adopt";
import {
  removeLeft,
  requireAnnotationTracking,
  restore,
  untilIdle,
  untilRead,
  untilSynced,
  type Waits,
} from "./argo-cd";
import { giveUpFields, requireSameOnes, uidsOf } from "./fields";
import { type GitPlace, type InGit, requireSame } from "./git";
import { applicationsOf, isArgoCds, isPulumis, NAMES, objectsOfArgoCd, ofPulumi } from "./owner";

/** What a stack is switched with. */
export interface Means {
  stack: string;
  /** What the stack delivers, as it is rendered here. */
  rendered: Manifest[];
  place: GitPlace;
  readGit: () => Promise<InGit>;
  /** Half-way to the one who is to deliver, or all of it. */
  up: (switching: boolean) => Promise<unknown>;
  state: () => Promise<Deployment>;
  cluster: Pick<KubernetesClient, "get" | "list" | "apply" | "remove" | "request">;
  waits: Waits;
  say: (line: string) => void;
}

interface Step {
  does: string;
  /** Whether the state has its end already, or a later one's. @default it is done again: it changes nothing then */
  isDone?: (state: Deployment, rendered: Manifest[]) => boolean;
  act: (means: Means) => Promise<void>;
}

/**
 * Each can be killed anywhere: those before it are known by the state of the stack, and itself may be done again. What was begun
 * may also be ended by going the other way.
 */
const STEPS: Record<Deliverer, Step[]> = {
  argocd: [
    {
      does: "Git has what the stack delivers, all of it",
      isDone: isArgoCds,
      async act({ rendered, readGit, place }) {
        requireSame(rendered, await readGit(), place);
      },
    },
    {
      does: "what Pulumi drops stays in the cluster; Argo CD's Applications are there, and wait",
      isDone: isArgoCds,
      async act({ up, state, readGit, place }) {
        await up(true);
        // A machine or a cluster that was asked may have had other answers for what is rendered.
        requireSame(ofPulumi(await state()), await readGit(), place);
      },
    },
    {
      does: "Argo CD sees all of it",
      isDone: isArgoCds,
      async act({ state, cluster, readGit, waits }) {
        const applications = applicationsOf(await state());
        await requireAnnotationTracking(cluster, applications);
        await untilRead(cluster, applications, await readGit(), waits);
      },
    },
    {
      does: "Pulumi drops the objects, Argo CD delivers them",
      isDone: isArgoCds,
      async act({ up }) {
        await up(false);
      },
    },
    {
      does: "Argo CD has applied them",
      async act({ state, cluster, readGit, waits }) {
        const known = await state();
        await restore(cluster, objectsOfArgoCd(known));
        await untilSynced(cluster, applicationsOf(known), await readGit(), waits);
      },
    },
    {
      does: "Pulumi's fields in them are given up",
      async act({ state, cluster, readGit, waits }) {
        const git = await readGit();
        await giveUpFields(cluster, git.objects, { from: "pulumi", to: "argocd" });
        await untilSynced(cluster, applicationsOf(await state()), git, waits);
      },
    },
  ],
  pulumi: [
    {
      does: "Argo CD's Applications go, the objects stay",
      // Where Pulumi has the objects for good already, Applications are left that wait: they go with the next step.
      isDone: (state) => applicationsOf(state).length === 0 || isPulumis(state),
      async act({ up, state, cluster, waits }) {
        await untilIdle(cluster, applicationsOf(await state()), waits);
        await up(true);
      },
    },
    {
      does: "none is left that the state does not know, of a switch that was killed",
      act: ({ cluster, stack }) => removeLeft(cluster, stack),
    },
    {
      does: "Pulumi takes the objects as they are",
      async act({ up }) {
        await up(false);
      },
    },
    {
      does: "Argo CD's fields in them are given up",
      act: async ({ cluster, state }) =>
        giveUpFields(cluster, ofPulumi(await state()), { from: "argocd", to: "pulumi" }),
    },
  ],
};

/** Has the other deliver what a stack delivers; every object stays the one that it is. */
export async function switchTo(to: Deliverer, means: Means): Promise<void> {
  const { rendered, cluster, state, say } = means;
  const before = await uidsOf(cluster, rendered);
  const steps = STEPS[to];
  for (const [index, { does, isDone, act }] of steps.entries()) {
    const done = isDone?.(await state(), rendered) ?? false;
    say(`${index + 1}/${steps.length}  ${does}${done ? " (before)" : ""}`);
    if (!done) await act(means);
  }
  await requireSameOnes(cluster, before);
  say(`${before.size} objects are ${NAMES[to]}'s, each the one that it was.`);
}
