import { recipeOf } from "../../components/streams/scos/stream";
import { kindOf } from "../clusters/kinds";
import type { Problem, Rule } from "./rule";
import type { Configuration } from "./schema";
import { suggest } from "./suggest";

/** What keys of a configuration demand of each other. Each finds its mistakes; none throws. */
const RULES: Rule<[Configuration]>[] = [
  function versionsAreUnique({ streams }) {
    return repetitions(
      streams.map(({ version }) => version),
      (version, index, first) => ({
        path: ["streams", index, "version"],
        sentence: `is "${version}" again, as in streams[${first}]`,
      }),
    );
  },

  function releasesHaveNamesOfTheirOwn({ releases }) {
    return repetitions(
      releases.map(({ name }) => name),
      (name, index, first) => ({
        path: ["releases", index, "name"],
        sentence: `is "${name}" again, as in releases[${first}]`,
      }),
    );
  },

  function entriesHaveNamesOfTheirOwn(configuration) {
    return (["payloads", "operators", "certifications", "upgradeTests"] as const).flatMap((key) =>
      repetitions(
        configuration[key].map(({ name }) => name),
        (name, index, first) => ({
          path: [key, index, "name"],
          sentence: `is "${name}" again, as in ${key}[${first}]`,
        }),
      ),
    );
  },

  function upgradesGoSomewhere({ upgradeTests }) {
    return upgradeTests.map(
      ({ from, to }, index) =>
        from?.split("@")[1] === to.split("@")[1] && {
          path: ["upgradeTests", index, "to"],
          sentence: "is what from is: name the release that the cluster is upgraded to",
        },
    );
  },

  function releasesAreOfPayloadsThatAreThere({ releases, payloads }) {
    const names = payloads.map(({ name }) => name);
    return releases.flatMap(({ from, signatures, verdict }, index) => {
      if (!("payload" in from)) return [];
      const path = ["releases", index, "from", "payload"];
      const near = suggest(from.payload, names);
      return [
        !names.includes(from.payload) && {
          path,
          sentence: `is "${from.payload}", which is no payload of this stack${near ? `, did you mean ${near}` : names.length > 0 ? `: it has ${names.join(", ")}` : ": it has none"}`,
        },
        !signatures &&
          !verdict && {
            path,
            sentence:
              "is what a tag is at the time, so nothing says what is to be trusted: name a verdict, as certifications and upgradeTests leave it, or signatures",
          },
      ];
    });
  },

  function releasesKnowWhenToBegin({ releases }) {
    return releases.flatMap(({ from, signatures, schedule, after }, index) => {
      const key = schedule ? "schedule" : "after";
      const before = releases.find(({ name }) => name === after?.release);
      const at = (...path: string[]) => ["releases", index, ...path];
      const moves = !("image" in from) || !from.image.includes("@");
      return [
        "image" in from &&
          !from.image.includes("@") &&
          !signatures && {
            path: at("from", "image"),
            sentence: "is no digest, so nothing says what is to be trusted: name a digest, or signatures",
          },
        schedule !== undefined &&
          after !== undefined && {
            path: at("after"),
            sentence: "is set beside schedule: a release begins by one of both",
          },
        after !== undefined &&
          !before?.schedule && {
            path: at("after", "release"),
            sentence: `is "${after.release}", which is no release with a schedule`,
          },
        schedule !== undefined &&
          schedule.weeks > 1 &&
          !schedule.since && {
            path: at("schedule", "since"),
            sentence: `is missing: name the day from which every ${schedule.weeks} weeks are counted`,
          },
        (schedule ?? after) !== undefined &&
          !moves && { path: at(key), sentence: "is set, but from.image is one payload, which is released once" },
      ];
    });
  },

  function deliveryHasASource({ delivery, platform }) {
    return [
      delivery.by === "argocd" &&
        delivery.repository === undefined && {
          path: ["delivery", "repository"],
          sentence: "is missing: name the Git repository that Argo CD reads",
        },
      delivery.by === "argocd" &&
        platform.argoCd.mode === "none" && {
          path: ["platform", "argoCd", "mode"],
          sentence: "is none, but delivery.by is argocd: set it to install, use or auto",
        },
    ];
  },

  function recipesSuitVersions({ streams }) {
    return streams.map(({ version, recipe }, index) => {
      const right = recipeOf(version);
      return (
        recipe !== undefined &&
        recipe !== right && {
          path: ["streams", index, "recipe"],
          sentence: `is "${recipe}", but version ${version} is built by ${right} (base-node from 4.19 on, one-stage before)`,
        }
      );
    });
  },

  function baseNodeHasABase({ streams }) {
    return streams.map(
      ({ version, base }, index) =>
        recipeOf(version) === "base-node" &&
        !base && {
          path: ["streams", index, "base"],
          sentence: `is missing, version ${version} is layered on a base: name its repository and branch`,
        },
    );
  },

  function layersHaveNamesOfTheirOwn({ layers }) {
    return repetitions(
      layers.map(({ name }) => name),
      (name, index, first) => ({
        path: ["layers", index, "name"],
        sentence: `is "${name}" again, as in layers[${first}]`,
      }),
    );
  },

  function layersHaveABase({ layers, streams }) {
    return layers.map(
      ({ version, base }, index) =>
        !base &&
        !streams.some((stream) => stream.version === version) && {
          path: ["layers", index, "base"],
          sentence: `is missing and no stream builds ${version}: name an image by digest or a release, or add that stream`,
        },
    );
  },

  function layersAreOfTheirReleasesVersion({ layers }) {
    return layers.map(({ version, base }, index) => {
      const [, own] = (typeof base === "object" && /(?:^|:)(\d+\.\d+)\.[^/]*$/.exec(base.release)) || [];
      return (
        own !== undefined &&
        own !== version && {
          path: ["layers", index, "version"],
          sentence: `is "${version}", but base.release is of ${own}: name the one that is meant`,
        }
      );
    });
  },

  function layersChangeSomething({ layers }) {
    return layers.map(({ packages, kernel, files, units }, index) => {
      const changes = [...Object.values(packages ?? {}), kernel, ...files, ...units].filter((it) => it !== undefined);
      return (
        changes.length === 0 && {
          path: ["layers", index],
          sentence: "changes nothing: name packages, a kernel, files or units",
        }
      );
    });
  },

  function replacementsComeFromARepository({ layers }) {
    return layers.flatMap(({ packages, kernel = [], repositories }, index) =>
      [
        ...Object.keys(packages?.replace ?? {}).map((from) => ({ from, path: ["packages", "replace", from] })),
        ...(Array.isArray(kernel) ? [] : [{ from: kernel.from, path: ["kernel", "from"] }]),
      ].map(
        ({ from, path }) =>
          !repositories.some(({ name }) => name === from) && {
            path: ["layers", index, ...path],
            sentence: "is none of the layer's repositories: add it to them",
          },
      ),
    );
  },

  function pipelinesHaveTekton({
    platform: { tektonPipelines, tektonTriggers },
    streams,
    layers,
    releases,
    payloads,
    operators,
    certifications,
    upgradeTests,
    events,
  }) {
    const runs = [streams, layers, releases, payloads, operators, certifications, upgradeTests];
    return [
      tektonPipelines.mode === "none" &&
        runs.some((list) => list.length > 0) && {
          path: ["platform", "tektonPipelines", "mode"],
          sentence:
            "is none, but streams, layers, releases, payloads, operators and tests run on it: install or use it, or leave all empty",
        },
      events.enabled &&
        [tektonPipelines.mode, tektonTriggers.mode].includes("none") && {
          path: ["events", "enabled"],
          sentence: "is true, but platform.tektonPipelines or platform.tektonTriggers is none: events need both",
        },
    ];
  },

  function clustersAreHubOrSpoke({ events: { enabled, hub, spokes }, streams }) {
    const architectures = spokes.flatMap((spoke, index) =>
      spoke.architectures.map((architecture) => ({ architecture, index })),
    );
    return [
      !enabled &&
        (hub ?? spokes[0]) !== undefined && {
          path: ["events", hub ? "hub" : "spokes"],
          sentence: "names other clusters, but events.enabled is false: events are all that clusters tell each other",
        },
      hub !== undefined &&
        spokes.length > 0 && {
          path: ["events", "hub"],
          sentence: "is there beside events.spokes: a stack is the hub or a spoke, for only one gate composes",
        },
      ...streams.map(
        ({ schedule }, index) =>
          hub !== undefined &&
          schedule !== undefined && {
            path: ["streams", index, "schedule"],
            sentence: "is there beside events.hub: the hub starts the builds of its spokes, set the schedule there",
          },
      ),
      ...repetitions(
        architectures.map(({ architecture }) => architecture),
        (architecture, index, first) => ({
          path: ["events", "spokes", architectures[index]!.index, "architectures"],
          sentence: `has ${architecture} again, as events.spokes[${architectures[first]!.index}]: a build has one run for an architecture`,
        }),
      ),
    ];
  },

  function gitEventsAreEventsOfTheHub({ events: { enabled, hub, git } }) {
    return [
      git.enabled &&
        !enabled && {
          path: ["events", "git", "enabled"],
          sentence: "is true, but events.enabled is not: set both",
        },
      git.enabled &&
        hub !== undefined && {
          path: ["events", "git", "enabled"],
          sentence: "is true beside events.hub: the hub starts the builds of its spokes, let Git hosts tell it",
        },
      git.pullRequests &&
        !git.enabled && {
          path: ["events", "git", "pullRequests"],
          sentence: "is true, but events.git.enabled is not: set both",
        },
    ];
  },

  function buildNodesAreApart({ builds: { nodeSelector, tolerations } }) {
    return [
      "kubernetes.io/arch" in nodeSelector && {
        path: ["builds", "nodeSelector", "kubernetes.io/arch"],
        sentence: "is what streams, layers and payloads say in architecture(s): leave it out here",
      },
      Object.keys(nodeSelector).length > 0 &&
        tolerations.length === 0 && {
          path: ["builds", "tolerations"],
          sentence:
            "is empty, but nodeSelector is not: only a taint keeps all others off these nodes, give them one and name it here",
        },
    ];
  },

  function externalRegistryHasAnAddress({ platform: { registry } }) {
    return [
      registry.mode === "external" &&
        !registry.address && {
          path: ["platform", "registry", "address"],
          sentence: "is missing, an external registry needs its host and port",
        },
    ];
  },
];

/** A problem for each value that an earlier one says already. */
function repetitions(
  values: string[],
  problem: (value: string, index: number, first: number) => Problem,
): (Problem | false)[] {
  return values.map((value, index) => {
    const first = values.indexOf(value);
    return first < index && problem(value, index, first);
  });
}

/** Mistakes that only show when keys are seen together. */
export function brokenRules(configuration: Configuration): Problem[] {
  const { cluster } = configuration;
  const ofCluster = kindOf(cluster).rules ?? [];
  return [
    ...RULES.flatMap((rule) => rule(configuration)),
    ...ofCluster.flatMap((rule) => rule(cluster, configuration)),
  ].filter((problem) => !!problem);
}
